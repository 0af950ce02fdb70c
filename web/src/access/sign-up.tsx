import { useState } from 'react'
import { api, ask, fieldErrors } from '../kit/api/client'
import type { Words } from '../kit/api/types'
import { language, t, words } from '../kit/i18n'
import { Link } from '../kit/link'
import { readSession } from '../kit/session'
import { Button } from '../kit/ui/button'
import { TextField } from '../kit/ui/field'
import { whyRefused } from '../kit/ui/toast'
import { AccessFrame, answers, Fault } from './frame'

export function SignUp() {
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState('')
  const [errors, setErrors] = useState(new Map<string, Words>())
  const told = (field: string) => {
    const error = errors.get(field)
    return error && words(error)
  }

  async function signUp(form: Record<string, string>) {
    setBusy(true)
    setFault('')
    setErrors(new Map())
    const { company = '', name = '', email = '', password = '' } = form
    try {
      await ask(api.POST('/api/v1/sign-up', { body: { company, name, email: email.trim(), password, language } }))
      await readSession('/cabinet')
    } catch (error) {
      const named = fieldErrors(error)
      if (named.size > 0) setErrors(named)
      else setFault(whyRefused(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    <AccessFrame
      title={t.access.newCompany}
      below={
        <>
          {t.access.haveCompany}{' '}
          <Link href="/login" className="font-medium text-accent-text underline">
            {t.access.enter}
          </Link>
        </>
      }
    >
      <form noValidate className="space-y-4" onSubmit={(event) => void signUp(answers(event))}>
        <TextField
          label={t.access.company}
          name="company"
          autoComplete="organization"
          required
          autoFocus
          error={told('company')}
        />
        <TextField label={t.access.yourName} name="name" autoComplete="name" required error={told('name')} />
        <TextField
          label={t.access.email}
          name="email"
          type="email"
          autoComplete="username"
          required
          error={told('email')}
        />
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
        {fault && <Fault>{fault}</Fault>}
        <Button type="submit" look="main" tall="yes" className="w-full" disabled={busy}>
          {t.access.create}
        </Button>
      </form>
    </AccessFrame>
  )
}
