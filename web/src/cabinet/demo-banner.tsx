import { FlaskConical } from 'lucide-react'
import { useState } from 'react'
import { api, ask } from '../kit/api/client'
import type { Me } from '../kit/api/types'
import { boardTexts } from '../kit/i18n/flow/board'
import { has, readSession } from '../kit/session'
import { Button } from '../kit/ui/button'
import { tellRefusal, toast } from '../kit/ui/toast'
import { Confirm } from './parts/bits'

/** Says that what is seen is made up, and takes it away with one press. */
export function DemoBanner({ me, onRemoved }: { me: Me; onRemoved: () => void }) {
  const f = boardTexts().overview
  const [asking, setAsking] = useState(false)
  if (!me.account.demo_data) return null
  const remove = () => {
    setAsking(false)
    ask(api.DELETE('/api/v1/account/demo-data')).then(() => {
      toast(f.demoRemoved)
      onRemoved()
      return readSession()
    }, tellRefusal)
  }
  return (
    <section
      data-demo
      aria-label={f.demoTitle}
      className="mb-6 flex flex-wrap items-center gap-4 rounded-card border border-note-line bg-note p-4 text-note-ink"
    >
      <FlaskConical size={22} className="shrink-0" aria-hidden="true" />
      <div className="min-w-60 flex-1">
        <h2 className="font-semibold">{f.demoTitle}</h2>
        <p className="text-second">{f.demoText}</p>
      </div>
      {has(me, 'manage_account') && <Button onClick={() => setAsking(true)}>{f.demoRemove}</Button>}
      {asking && (
        <Confirm
          title={f.demoAsk}
          text={f.demoAskText}
          action={f.demoRemove}
          onClose={() => setAsking(false)}
          onYes={remove}
        />
      )}
    </section>
  )
}
