import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react'
import { t } from '../kit/i18n'
import { Button } from '../kit/ui/button'
import { whyRefused } from '../kit/ui/toast'

/**
 * What a page shows, read from the server; `again` reads it anew without the page blinking, and is over when
 * that reading is.
 */
export function useLoaded<T>(read: () => Promise<T>) {
  const [data, setData] = useState<T | null>(null)
  const [fault, setFault] = useState('')
  const round = useRef(0)
  const again = useCallback(async () => {
    // What was asked for before something was done here is old when it comes.
    const mine = ++round.current
    await read().then(
      (fresh) => {
        if (mine !== round.current) return
        setData(fresh)
        setFault('')
      },
      (error: unknown) => {
        if (mine === round.current) setFault(whyRefused(error))
      },
    )
    // What is read does not change while the page stands.
  }, [])
  useEffect(() => void again(), [again])
  return { data, setData, fault, again }
}

export function Faulty({ fault, again }: { fault: string; again: () => void }) {
  return (
    <div role="alert" className="rounded-card border border-line bg-pane p-6 text-center">
      <p className="mb-3 text-ink2">{fault}</p>
      <Button look="soft" onClick={again}>
        {t.tryAgain}
      </Button>
    </div>
  )
}

export function PageHead({ title, hint, children }: { title: string; hint?: string; children?: ReactNode }) {
  return (
    <header className="mb-5 flex flex-wrap items-start gap-3">
      <div className="min-w-0 flex-1">
        <h1 className="text-page font-semibold tracking-[-0.01em]">{title}</h1>
        {hint && <p className="mt-0.5 text-ink2">{hint}</p>}
      </div>
      {children}
    </header>
  )
}
