import { useEffect, useState } from 'react'
import { api, ask, fieldErrors } from '../kit/api/client'
import type { Role, Words } from '../kit/api/types'
import { language, t, words } from '../kit/i18n'
import { readSession } from '../kit/session'
import { Button } from '../kit/ui/button'
import { TextField } from '../kit/ui/field'
import { whyRefused } from '../kit/ui/toast'
import { AccessFrame, answers, Fault } from './frame'

/** The token stands behind `#`, so that it reaches no server's log. */
export function AcceptInvite() {
  const [token] = useState(() => location.hash.slice(1))
  const [open, setOpen] = useState<{ company: string; email: string; role: Role } | null>(null)
  const [fault, setFault] = useState('')
  const [errors, setErrors] = useState(new Map<string, Words>())
  const [busy, setBusy] = useState(false)
  const told = (field: string) => {
    const error = errors.get(field)
    return error && words(error)
  }

  useEffect(() => {
    ask(api.POST('/api/v1/invites/open', { body: { token } })).then(setOpen, (error: unknown) =>
      setFault(whyRefused(error)),
    )
  }, [token])

  async function accept({ name = '', password = '' }: Record<string, string>) {
    setBusy(true)
    setFault('')
    setErrors(new Map())
    try {
      await ask(api.POST('/api/v1/invites/accept', { body: { token, name, password, language } }))
      await readSession('/')
    } catch (error) {
      const named = fieldErrors(error)
      if (named.size > 0) setErrors(named)
      else setFault(whyRefused(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    <AccessFrame title={open ? t.access.invitedTo(open.company) : t.access.invite}>
      {fault && <Fault>{fault}</Fault>}
      {open && (
        <form noValidate className="space-y-4" onSubmit={(event) => void accept(answers(event))}>
          <p className="text-ink2">{t.access.invitedAs(open.email, t.roles[open.role])}</p>
          <TextField label={t.access.yourName} name="name" autoComplete="name" required autoFocus error={told('name')} />
          <TextField
            label={t.access.password}
            name="password"
            type="password"
            autoComplete="new-password"
            required
            minLength={10}
            help={t.access.passwordHelp}
            error={told('password')}
          />
          <Button type="submit" look="main" tall="yes" className="w-full" disabled={busy}>
            {t.access.accept}
          </Button>
        </form>
      )}
    </AccessFrame>
  )
}
