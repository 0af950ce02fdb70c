import type { FormEvent, ReactNode } from 'react'
import { language, setLanguage, t } from '../kit/i18n'
import { Logo } from '../kit/ui/logo'

/** The page of those who are not in yet. */
export function AccessFrame({ title, children, below }: { title: string; children: ReactNode; below?: ReactNode }) {
  return (
    <div className="grid min-h-full grid-rows-[1fr_auto] bg-canvas">
      <main className="grid place-items-center p-4">
        <div className="w-full max-w-[400px]">
          <div className="mb-6 flex items-center justify-center gap-3">
            <Logo />
            <span className="text-[26px] leading-8 font-semibold tracking-[-0.02em]">{t.product}</span>
          </div>
          <section className="rounded-card border border-line bg-pane p-6">
            <h1 className="mb-4 text-page font-semibold">{title}</h1>
            {children}
          </section>
          {below && <p className="mt-4 text-center text-ink2">{below}</p>}
        </div>
      </main>
      <footer className="p-4 text-center text-second">
        <button
          type="button"
          className="rounded-control px-2 py-1 text-ink2 hover:text-ink"
          lang={language === 'ru' ? 'en' : 'ru'}
          onClick={() => void setLanguage(language === 'ru' ? 'en' : 'ru')}
        >
          {t.otherLanguage}
        </button>
      </footer>
    </div>
  )
}

/** What was typed into a form, by the fields' names. */
export function answers(event: FormEvent<HTMLFormElement>): Record<string, string> {
  event.preventDefault()
  const data = new FormData(event.currentTarget)
  return Object.fromEntries([...data].map(([key, value]) => [key, String(value)]))
}

export function Fault({ children }: { children: ReactNode }) {
  return (
    <p role="alert" className="rounded-control bg-red-soft px-3 py-2 text-second text-red">
      {children}
    </p>
  )
}
