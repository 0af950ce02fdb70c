import { useState } from 'react'
import { api, ask, Refused } from '../kit/api/client'
import { t } from '../kit/i18n'
import { Link } from '../kit/link'
import { readSession } from '../kit/session'
import { Button } from '../kit/ui/button'
import { TextField } from '../kit/ui/field'
import { whyRefused } from '../kit/ui/toast'
import { AccessFrame, answers, Fault } from './frame'

interface Company {
  account_id: string
  name: string
}

/** Companies to choose from, when an address belongs to several. */
function companies(error: unknown): Company[] {
  if (!(error instanceof Refused) || error.problem?.code !== 'choose_account') return []
  const list = (error.problem.details as { accounts?: Company[] } | undefined)?.accounts
  return Array.isArray(list) ? list : []
}

export function LogIn() {
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState('')
  const [choice, setChoice] = useState<{ email: string; password: string; companies: Company[] } | null>(null)

  async function logIn(email: string, password: string, account_id?: string) {
    setBusy(true)
    setFault('')
    try {
      await ask(api.POST('/api/v1/session', { body: { email, password, account_id: account_id ?? null } }))
      await readSession()
    } catch (error) {
      const several = companies(error)
      if (several.length > 0) setChoice({ email, password, companies: several })
      else setFault(error instanceof Refused && error.status === 401 ? t.access.wrong : whyRefused(error))
    } finally {
      setBusy(false)
    }
  }

  if (choice) {
    return (
      <AccessFrame title={t.access.chooseCompany}>
        <ul className="space-y-2">
          {choice.companies.map((company) => (
            <li key={company.account_id}>
              <Button
                tall="yes"
                className="w-full"
                disabled={busy}
                onClick={() => void logIn(choice.email, choice.password, company.account_id)}
              >
                {company.name}
              </Button>
            </li>
          ))}
        </ul>
      </AccessFrame>
    )
  }
  return (
    <AccessFrame
      title={t.access.logIn}
      below={
        <>
          {t.access.noCompany}{' '}
          <Link href="/sign-up" className="font-medium text-accent-text underline">
            {t.access.signUp}
          </Link>
        </>
      }
    >
      <form
        className="space-y-4"
        onSubmit={(event) => {
          const { email = '', password = '' } = answers(event)
          void logIn(email.trim(), password)
        }}
      >
        <TextField label={t.access.email} name="email" type="email" autoComplete="username" required autoFocus />
        <TextField
          label={t.access.password}
          name="password"
          type="password"
          autoComplete="current-password"
          required
        />
        {fault && <Fault>{fault}</Fault>}
        <Button type="submit" look="main" tall="yes" className="w-full" disabled={busy}>
          {t.access.enter}
        </Button>
      </form>
    </AccessFrame>
  )
}
