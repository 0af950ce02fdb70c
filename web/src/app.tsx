import { lazy, Suspense, useEffect } from 'react'
import { AcceptInvite } from './access/accept-invite'
import { LogIn } from './access/log-in'
import { SignUp } from './access/sign-up'
import { t, useLanguage } from './kit/i18n'
import { go, usePath } from './kit/route'
import { has, readSession, useSession } from './kit/session'
import { Button } from './kit/ui/button'
import { Toasts } from './kit/ui/toast'

const Desk = lazy(() => import('./desk/desk'))
const Cabinet = lazy(() => import('./cabinet/cabinet'))

export function App() {
  const language = useLanguage()
  return (
    // A language speaks through module texts, so a new one draws everything anew.
    <div key={language} className="contents">
      <Suspense fallback={<Waiting />}>
        <Pages />
      </Suspense>
      <Toasts />
    </div>
  )
}

function Pages() {
  const session = useSession()
  const path = usePath()
  const at = path.split('/')[1] ?? ''
  const inside = at === 'desk' || at === 'cabinet'
  const nobody = session.is === 'nobody'
  const home = session.is === 'in' ? (has(session.me, 'read_conversations') ? '/desk' : '/cabinet') : null
  const elsewhere = nobody ? at !== 'login' && at !== 'sign-up' && at !== 'invite' : home && !inside && at !== 'invite'

  useEffect(() => {
    if (elsewhere) go(nobody ? '/login' : (home ?? '/'), 'replace')
  }, [elsewhere, nobody, home])

  if (session.is === 'asking' || elsewhere) return <Waiting />
  if (session.is === 'away') return <Away />
  if (at === 'invite') return <AcceptInvite />
  if (nobody) return at === 'sign-up' ? <SignUp /> : <LogIn />
  return at === 'cabinet' ? <Cabinet me={session.me} /> : <Desk me={session.me} />
}

function Waiting() {
  return <div className="grid h-full place-items-center text-ink3" aria-busy="true" />
}

function Away() {
  useEffect(() => {
    const timer = setInterval(() => void readSession(), 3000)
    return () => clearInterval(timer)
  }, [])
  return (
    <main className="grid h-full place-items-center p-6 text-center">
      <div>
        <h1 className="text-page font-semibold">{t.access.awayTitle}</h1>
        <p className="mt-2 mb-4 text-ink2">{t.access.awayText}</p>
        <Button look="soft" onClick={() => void readSession()}>
          {t.tryAgain}
        </Button>
      </div>
    </main>
  )
}
