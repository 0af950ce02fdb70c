import { Check } from 'lucide-react'
import { useRef } from 'react'
import type { ChannelDetails, Listed } from '../kit/api/types'
import { t } from '../kit/i18n'
import { boardTexts } from '../kit/i18n/flow/board'
import { Link } from '../kit/link'
import { Button } from '../kit/ui/button'
import { Come, Waiting } from './first-message'

/** How far a new company has come. */
export interface Progress {
  connected: boolean
  /** The latest conversation, if there is any. */
  came: Listed | null
  answered: boolean
  invited: boolean
}

/** Connect a channel, answer, invite a colleague; in between, a line that waits for the first message. */
export function FirstSteps({
  progress,
  channel,
  onHide,
}: {
  progress: Progress
  channel: ChannelDetails | null
  onHide: () => void
}) {
  const f = boardTexts().overview
  const { connected, came, answered, invited } = progress
  // Those who come when everything is done have no need of being told; those who finish here have.
  const began = useRef(!(connected && answered && invited))
  const steps = [
    { done: connected, title: t.cabinet.stepChannel, hint: t.cabinet.stepChannelHint, href: '/cabinet/channels/new' },
    { done: answered, title: t.cabinet.stepAnswer, hint: t.cabinet.stepAnswerHint, href: '/desk' },
    { done: invited, title: t.cabinet.stepInvite, hint: t.cabinet.stepInviteHint, href: '/cabinet/people' },
  ]
  const ready = steps.filter((step) => step.done).length
  const next = steps.findIndex((step) => !step.done)
  if (ready === steps.length) {
    if (!began.current) return null
    return (
      <section aria-live="polite" className="mb-6 flex flex-wrap items-center gap-3 rounded-card border border-line bg-green-soft p-5">
        <Mark done />
        <div className="min-w-0 flex-1">
          <h2 className="text-heading font-semibold text-green">{f.allDone}</h2>
          <p className="text-ink2">{f.allDoneHint}</p>
        </div>
        <Button onClick={onHide}>{f.hide}</Button>
      </section>
    )
  }
  return (
    <section className="mb-6 rounded-card border border-line bg-pane p-6 max-[759px]:p-4">
      <div className="mb-2 flex flex-wrap items-center gap-3">
        <div className="min-w-0 flex-1">
          <h2 className="text-heading font-semibold">{t.cabinet.firstSteps}</h2>
          <p className="num text-second text-ink2">{f.progress(ready, steps.length)}</p>
        </div>
        {connected && (
          <Button look="quiet" onClick={onHide}>
            {f.hide}
          </Button>
        )}
      </div>
      <ol>
        {steps.map((step, n) => (
          <li key={step.href} className="border-b border-line last:border-0">
            <Link
              href={step.href}
              aria-current={n === next ? 'step' : undefined}
              className="flex items-start gap-3 rounded-control px-1 py-3 hover:text-accent-text"
            >
              <Mark done={step.done} now={n === next} number={n + 1} />
              <span>
                <span className={`block font-medium ${step.done ? 'text-ink2' : ''}`}>{step.title}</span>
                <span className="block text-second text-ink3">{step.hint}</span>
              </span>
            </Link>
            {n === 1 && connected && !answered && (came || channel) && (
              <div
                aria-live="polite"
                data-first-message
                className={`mb-4 ml-10 rounded-card border p-4 max-[759px]:ml-0 ${
                  came ? 'border-accent bg-accent-soft' : 'border-line bg-raised'
                }`}
              >
                {came ? <Come conversation={came} /> : channel && <Waiting channel={channel} link />}
              </div>
            )}
          </li>
        ))}
      </ol>
    </section>
  )
}

function Mark({ done, now, number }: { done: boolean; now?: boolean; number?: number }) {
  if (done) {
    return (
      <span role="img" aria-label={t.cabinet.done} className="grid size-6 shrink-0 place-items-center rounded-full bg-green text-pane">
        <Check size={15} strokeWidth={3} />
      </span>
    )
  }
  return (
    <span
      aria-hidden="true"
      className={`num grid size-6 shrink-0 place-items-center rounded-full border text-second font-medium ${
        now ? 'border-accent text-accent-text' : 'border-edge text-ink3'
      }`}
    >
      {number}
    </span>
  )
}
