import { useState } from 'react'
import { t } from '../../kit/i18n'
import { crmTexts } from '../../kit/i18n/flow/crm'
import { Dialog } from '../../kit/ui/dialog'
import { TextField } from '../../kit/ui/field'
import { toast } from '../../kit/ui/toast'
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
  const [half, setHalf] = useState(false)
  const form = useForm({
    first: { client_id: '', client_secret: '' },
    save: async (value) => {
      const own = value.client_id !== '' || value.client_secret !== ''
      const missing = own ? !value.client_id || !value.client_secret : !kind.can_oauth
      setHalf(missing)
      if (missing) return value
      const { url } = await consent(kind.kind, portal?.portal_id, own ? value : undefined)
      location.assign(url)
      return value
    },
    also: ['client', 'portal_id', 'kind'],
    silent: true,
  })
  const { value, set, told } = form
  const keys = (
    <div className="space-y-3">
      <TextField
        label={f.clientId}
        autoComplete="off"
        value={value.client_id}
        error={told('client_id') ?? told('client')}
        onChange={(event) => set({ client_id: event.target.value.trim() })}
      />
      <TextField
        label={f.clientSecret}
        type="password"
        autoComplete="new-password"
        value={value.client_secret}
        error={told('client_secret') ?? (half ? f.both : undefined)}
        onChange={(event) => {
          setHalf(false)
          set({ client_secret: event.target.value.trim() })
        }}
      />
      <Address label={f.redirect} value={kind.redirect_uri} />
      <Address label={f.hookOff} value={kind.hook_off_url} />
    </div>
  )
  return (
    <DialogForm form={form} onClose={onClose} action={f.go}>
      {kind.can_oauth ? (
        <>
          <p>{f.oauthText}</p>
          <p className="text-second text-ink2">{f.oauthWhat}</p>
          <details className="rounded-control border border-line px-3 py-2">
            <summary className="rounded-control text-second font-medium text-ink2">{f.ownKeys}</summary>
            <p className="my-2 text-caption text-ink3">{f.ownKeysHelp}</p>
            {keys}
          </details>
        </>
      ) : (
        <>
          <Note>
            <p className="font-medium">{f.noKeys}</p>
            <p>{f.noKeysText}</p>
          </Note>
          <p className="text-second font-medium">{f.ownKeys}</p>
          {keys}
        </>
      )}
    </DialogForm>
  )
}

/** An address of ours that is put into the CRM. */
function Address({ label, value }: { label: string; value: string }) {
  if (!value) return null
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
