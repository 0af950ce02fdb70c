import { ArrowLeft, RotateCcw, ScrollText } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { Refused } from '../../kit/api/client'
import { words } from '../../kit/i18n'
import { crmTexts } from '../../kit/i18n/flow/crm'
import { moment } from '../../kit/i18n/format'
import { Link } from '../../kit/link'
import { Button } from '../../kit/ui/button'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { Faulty, useLoaded } from '../load'
import { Chip, Empty } from '../parts/bits'
import { Raw } from '../parts/raw'
import { readRun, replayRun } from './api'
import { LeftOut, RuleChip, Why, Written } from './because'
import { Calls } from './calls'
import { runTones } from './journal'
import type { Tab } from './pointers'
import { useCrmChanges } from './use-changes'
import type { Effect, RunView, StepView } from './views'

/** One decision: what was done and why, what was not, and every call. */
export function Run({ id, onBack, onMend }: { id: string; onBack: () => void; onMend?: (run: RunView, tab: Tab) => void }) {
  const f = crmTexts().log
  const { data, fault, again } = useLoaded(() =>
    readRun(id).catch((error: unknown) => {
      if (error instanceof Refused && error.status === 404) return 'none' as const
      throw error
    }),
  )
  const [busy, setBusy] = useState(false)
  useCrmChanges(again)
  const head = useRef<HTMLHeadingElement>(null)
  const there = data !== null && data !== 'none'
  useEffect(() => {
    if (there) head.current?.focus()
  }, [there])
  const back = (
    <button
      type="button"
      onClick={onBack}
      className="mb-3 inline-flex items-center gap-1.5 rounded-control text-second text-ink2 hover:text-ink"
    >
      <ArrowLeft size={15} aria-hidden="true" />
      {f.back}
    </button>
  )
  if (!data || data === 'none')
    return (
      <>
        {back}
        {data ? (
          <Empty icon={<ScrollText size={22} />} title={f.notThere} hint={f.notThereHint} />
        ) : (
          fault && <Faulty fault={fault} again={again} />
        )}
      </>
    )
  const steps = data.steps ?? []
  const left = data.left_out ?? []
  const calls = data.calls ?? []
  const mend = onMend && ((tab: Tab) => onMend(data, tab))
  const replay = () => {
    setBusy(true)
    replayRun(id)
      .then(() => {
        toast(f.replayed)
        again()
      }, tellRefusal)
      .finally(() => setBusy(false))
  }
  return (
    <div data-run={data.state}>
      {back}
      <header className="mb-4 flex flex-wrap items-start gap-3">
        <div className="min-w-64 flex-1">
          <h2 ref={head} tabIndex={-1} className="text-heading font-semibold break-words outline-none">
            {words(data.words)}
          </h2>
          <p className="num text-second text-ink3">
            {[
              f.enquiry(data.number),
              data.contact_name,
              words(data.cause),
              f.began(moment(data.created_at)),
              data.finished_at ? f.ended(moment(data.finished_at)) : '',
            ]
              .filter(Boolean)
              .join(' · ')}
          </p>
          {data.state === 'replanned' && <p className="mt-1 text-second text-ink2">{f.isReplanned}</p>}
          {data.state === 'planned' && <p className="mt-1 text-second text-ink2">{f.isPlanned}</p>}
          <p className="mt-1 flex flex-wrap gap-x-4 text-second font-medium text-accent-text">
            <Link href={`/desk/in_work/${data.conversation_id}`} className="rounded-control underline underline-offset-2">
              {f.toChat}
            </Link>
            <Link href={`/cabinet/crm/log?number=${data.number}`} className="num rounded-control underline underline-offset-2">
              {f.allOf(data.number)}
            </Link>
          </p>
        </div>
        <Chip tone={runTones[data.state] ?? 'plain'}>{f.states[data.state] ?? data.state}</Chip>
        {(data.state === 'failed' || data.state === 'nothing') && (
          <Button disabled={busy} onClick={replay}>
            <RotateCcw size={15} aria-hidden="true" />
            {f.replay}
          </Button>
        )}
      </header>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
        {steps.length === 0 && <LeftOut items={left} title={f.leftOutAll} onMend={mend} />}
        <section className="rounded-card border border-line bg-pane p-4">
          <h3 className="mb-2 font-semibold">{f.steps}</h3>
          {steps.length === 0 && <p className="text-ink2">{f.noSteps}</p>}
          <ol className="space-y-4">
            {steps.map((step, n) => (
              <Step key={n} n={n + 1} step={step} onMend={mend} />
            ))}
          </ol>
        </section>
        {steps.length > 0 && <LeftOut items={left} title={f.leftOut} onMend={mend} />}
        {calls.length > 0 && (
          <section className="rounded-card border border-line bg-pane p-4">
            <h3 className="mb-2 font-semibold">{f.asked}</h3>
            <Calls calls={calls} />
          </section>
        )}
        {data.facts !== undefined && data.facts !== null && (
          <details className="rounded-card border border-line bg-pane p-4">
            <summary className="rounded-control font-medium">{f.allFacts}</summary>
            <div className="mt-3">
              <Raw title={f.facts} text={JSON.stringify(data.facts)} />
            </div>
          </details>
        )}
      </div>
    </div>
  )
}

const stepTones = { waiting: 'plain', sending: 'plain', uncertain: 'warn', done: 'good', skipped: 'plain', failed: 'bad' } as const

function Step({ n, step, onMend }: { n: number; step: StepView; onMend: ((tab: Tab) => void) | undefined }) {
  const f = crmTexts().log
  return (
    <li className="border-t border-line pt-4 first:border-0 first:pt-0">
      <div className="flex flex-wrap items-start gap-2.5">
        <RuleChip rule={step.because.rule} />
        <p className="min-w-40 flex-1 font-medium break-words">
          <span className="num">{n}.</span> {words(step.words)}
        </p>
        <Chip tone={stepTones[step.state] ?? 'plain'}>{f.stepStates[step.state] ?? step.state}</Chip>
      </div>
      <div className="mt-1 space-y-2">
        <Why because={step.because} onMend={onMend} />
        <Written lines={step.written} />
        {step.effect && <Came effect={step.effect} />}
        {step.error && <p className="rounded-control bg-red-soft px-3 py-2 text-second text-red">{words(step.error)}</p>}
        {step.calls && step.calls.length > 0 && (
          <details>
            <summary className="num rounded-control text-second font-medium text-accent-text">{f.calls(step.calls.length)}</summary>
            <div className="mt-2">
              <Calls calls={step.calls} />
            </div>
          </details>
        )}
      </div>
    </li>
  )
}

/** What came of a step: its card, and what the CRM did not take. */
function Came({ effect }: { effect: Effect }) {
  const f = crmTexts().log
  return (
    <>
      {(effect.url || effect.merged) && (
        <p className="text-second">
          {effect.url && (
            <a
              href={effect.url}
              target="_blank"
              rel="noreferrer"
              className="rounded-control font-medium text-accent-text underline underline-offset-2"
            >
              {f.openInCrm}
            </a>
          )}
          {effect.merged && <span className="text-ink2"> {f.merged}</span>}
        </p>
      )}
      {effect.dropped.length > 0 && (
        <ul className="text-second text-amber">
          {effect.dropped.map((one, n) => (
            <li key={n}>{words(one)}</li>
          ))}
        </ul>
      )}
    </>
  )
}
