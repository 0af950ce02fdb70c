import { useState } from 'react'
import { crmTexts } from '../../kit/i18n/flow/crm'
import { crmPortals } from '../../kit/i18n/flow/crm-portals'
import { TextField } from '../../kit/ui/field'
import { DialogForm, useForm } from '../parts/form'
import { Address } from './address'
import { consent } from './api'
import { TextButton } from './choice'
import { ToConsent, type WayProps } from './to-consent'

/** AMO-1: consent for a private integration of the company; its secret is entered once. */
export function OwnApp(props: WayProps) {
  const [anew, setAnew] = useState(!props.portal?.own_app)
  return anew ? <Keys {...props} /> : <Kept {...props} onOther={() => setAnew(true)} />
}

function Kept({ onOther, ...way }: WayProps & { onOther: () => void }) {
  const p = crmPortals()
  return (
    <div className="space-y-3">
      <p className="break-words">
        {p.kept(way.portal?.own_app ?? '')} <TextButton onClick={onOther}>{p.otherKeys}</TextButton>
      </p>
      <ToConsent {...way} />
    </div>
  )
}

function Keys({ kind, portal, onClose }: WayProps) {
  const p = crmPortals()
  const form = useForm({
    first: { client_id: portal?.own_app ?? '', client_secret: '' },
    also: ['app/client_id', 'app/client_secret'],
    save: async (value) => {
      const { url } = await consent({ kind: kind.kind, portal_id: portal?.portal_id, app: { of: 'company', ...value } })
      location.assign(url)
      return value
    },
    silent: true,
  })
  const { value, set, told, forget } = form
  const type = (field: 'client_id' | 'client_secret', text: string) => {
    forget(`app/${field}`)
    set({ [field]: text.trim() })
  }
  return (
    <DialogForm form={form} onClose={onClose} action={crmTexts().dialog.go}>
      <ol className="list-decimal space-y-1 pl-5 text-second text-ink2">
        {p.steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      <fieldset className="space-y-2">
        <legend className="mb-1 text-second font-medium text-ink2">{p.addresses}</legend>
        {kind.redirect_uri && <Address label={p.redirect} value={kind.redirect_uri} />}
        {kind.hook_off_url && <Address label={p.hookOff} value={kind.hook_off_url} />}
      </fieldset>
      <TextField
        label={p.clientId}
        required
        autoComplete="off"
        spellCheck={false}
        value={value.client_id}
        error={told('app/client_id')}
        onChange={(event) => type('client_id', event.target.value)}
      />
      <TextField
        label={p.secret}
        help={p.secretHelp}
        required
        type="password"
        autoComplete="new-password"
        value={value.client_secret}
        error={told('app/client_secret')}
        onChange={(event) => type('client_secret', event.target.value)}
      />
    </DialogForm>
  )
}
