import { useState } from 'react'
import { t } from '../../kit/i18n'
import { crmTexts } from '../../kit/i18n/flow/crm'
import { crmPortals } from '../../kit/i18n/flow/crm-portals'
import { Dialog } from '../../kit/ui/dialog'
import { TextField } from '../../kit/ui/field'
import { toast } from '../../kit/ui/toast'
import { DialogForm, useForm } from '../parts/form'
import { connectByToken } from './api'
import { Choice, Note } from './choice'
import { OwnApp } from './own-app'
import { ToConsent, type WayProps } from './to-consent'
import { firstWay, type Way, waysOf } from './ways'

/** AMO-1, CRM-7: a portal by consent with the server's app or the company's own, or by a long-lived token. */
export function ConnectDialog({ kind, portal, onClose, onConnected }: WayProps & { onConnected: () => void }) {
  const f = crmTexts()
  const p = crmPortals()
  const ways = waysOf(kind)
  const [way, setWay] = useState<Way>(() => firstWay(ways, portal))
  const labels: Record<Way, { label: string; help: string }> = {
    server: { label: f.dialog.oauth, help: p.serverHelp },
    own: { label: p.own, help: p.ownHelp },
    token: { label: f.dialog.lite, help: f.dialog.liteHelp },
  }
  return (
    <Dialog title={portal ? `${f.again}: ${portal.title}` : f.connect} onClose={onClose}>
      {!kind.can_oauth && !portal?.own_app && (
        <div className="mb-4">
          <Note>{kind.redirect_uri ? p.noServerKeys : p.noWays}</Note>
        </div>
      )}
      {ways.length > 1 && (
        <div className="mb-4">
          <Choice
            label={f.dialog.way}
            value={way}
            options={ways.map((value) => ({ value, ...labels[value] }))}
            onChange={setWay}
          />
        </div>
      )}
      {way === 'server' && <Consent kind={kind} portal={portal} onClose={onClose} />}
      {way === 'own' && <OwnApp kind={kind} portal={portal} onClose={onClose} />}
      {way === 'token' && <ByToken kind={kind} portal={portal} onClose={onClose} onConnected={onConnected} />}
    </Dialog>
  )
}

function Consent(way: WayProps) {
  const f = crmTexts().dialog
  return (
    <div className="space-y-3">
      <p>{f.oauthText}</p>
      <p className="text-second text-ink2">{f.oauthWhat}</p>
      <ToConsent {...way} app={{ of: 'server' }} />
    </div>
  )
}

function ByToken({ kind, portal, onClose, onConnected }: WayProps & { onConnected: () => void }) {
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
