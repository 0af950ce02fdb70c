import { useState } from 'react'
import { t } from '../../kit/i18n'
import { crmTexts } from '../../kit/i18n/flow/crm'
import { Button } from '../../kit/ui/button'
import { Dialog } from '../../kit/ui/dialog'
import { TextField } from '../../kit/ui/field'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { CopyButton } from '../parts/bits'
import { DialogForm, useForm } from '../parts/form'
import { connectByToken, consent } from './api'
import { Choice, Note } from './choice'
import type { CrmKindView, PortalView } from './views'

/** AMO-1, CRM-7: a portal by consent, or by a long-lived token; the same for connecting it again. */
export function ConnectDialog({
  kind,
  portal,
  onClose,
  onConnected,
}: {
  kind: CrmKindView
  portal: PortalView | undefined
  onClose: () => void
  onConnected: () => void
}) {
  const f = crmTexts()
  const [way, setWay] = useState<'oauth' | 'lite'>(portal?.mode === 'lite' ? 'lite' : 'oauth')
  return (
    <Dialog title={portal ? `${f.again}: ${portal.title}` : f.connect} onClose={onClose}>
      <div className="mb-4">
        <Choice
          label={f.dialog.way}
          value={way}
          options={[
            { value: 'oauth', label: f.dialog.oauth, help: f.dialog.oauthHelp },
            { value: 'lite', label: f.dialog.lite, help: f.dialog.liteHelp },
          ]}
          onChange={setWay}
        />
      </div>
      {way === 'oauth' ? (
        <Consent kind={kind} portal={portal} onClose={onClose} />
      ) : (
        <ByToken kind={kind} portal={portal} onClose={onClose} onConnected={onConnected} />
      )}
    </Dialog>
  )
}

function Consent({ kind, portal, onClose }: { kind: CrmKindView; portal: PortalView | undefined; onClose: () => void }) {
  const f = crmTexts().dialog
  const [busy, setBusy] = useState(false)
  const leave = () => {
    setBusy(true)
    consent(kind.kind, portal?.portal_id).then(
      ({ url }) => location.assign(url),
      (error: unknown) => {
        setBusy(false)
        tellRefusal(error)
      },
    )
  }
  if (!kind.can_oauth)
    return (
      <div className="space-y-3">
        <Note>
          <p className="font-medium">{f.noKeys}</p>
          <p>{f.noKeysText}</p>
        </Note>
        {kind.redirect_uri ? <Address label={f.redirect} value={kind.redirect_uri} /> : <Note>{f.noAddress}</Note>}
        {kind.hook_off_url && <Address label={f.hookOff} value={kind.hook_off_url} />}
        <div className="flex justify-end">
          <Button onClick={onClose}>{t.close}</Button>
        </div>
      </div>
    )
  return (
    <div className="space-y-3">
      <p>{f.oauthText}</p>
      <p className="text-second text-ink2">{f.oauthWhat}</p>
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onClose}>{t.cancel}</Button>
        <Button look="main" disabled={busy} onClick={leave}>
          {f.go}
        </Button>
      </div>
    </div>
  )
}

/** An address of ours that is put into the CRM. */
function Address({ label, value }: { label: string; value: string }) {
  return (
    <div className="flex items-end gap-2">
      <div className="min-w-0 flex-1">
        <TextField label={label} readOnly value={value} onFocus={(event) => event.target.select()} />
      </div>
      <CopyButton text={value} />
    </div>
  )
}

function ByToken({
  kind,
  portal,
  onClose,
  onConnected,
}: {
  kind: CrmKindView
  portal: PortalView | undefined
  onClose: () => void
  onConnected: () => void
}) {
  const f = crmTexts().dialog
  const form = useForm({
    first: { address: portal?.address ?? '', token: '' },
    save: async (value) => {
      await connectByToken(kind.kind, value.address, value.token)
      toast(f.done)
      onConnected()
      return value
    },
    silent: true,
  })
  const { value, set, told } = form
  return (
    <DialogForm form={form} onClose={onClose} action={t.cabinet.connect}>
      <TextField
        label={f.address}
        help={f.addressHelp(kind.hosts[0] ?? 'amocrm.ru')}
        required
        autoComplete="off"
        value={value.address}
        error={told('address')}
        onChange={(event) => set({ address: event.target.value.trim() })}
      />
      <TextField
        label={f.token}
        help={f.tokenHelp}
        required
        type="password"
        autoComplete="new-password"
        value={value.token}
        error={told('token')}
        onChange={(event) => set({ token: event.target.value.trim() })}
      />
    </DialogForm>
  )
}
