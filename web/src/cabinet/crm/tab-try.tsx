import { Play } from 'lucide-react'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { fieldErrors, Refused } from '../../kit/api/client'
import { words } from '../../kit/i18n'
import { crmTexts } from '../../kit/i18n/flow/crm'
import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { Button } from '../../kit/ui/button'
import { TextField } from '../../kit/ui/field'
import { whyRefused } from '../../kit/ui/toast'
import { conversationNumbered, tryIntegration } from './api'
import { LeftOut, RuleChip, Why, Written } from './because'
import { Calls } from './calls'
import { Choice } from './choice'
import { useEditor } from './context'
import { imagined, SampleForm, type SampleValue } from './sample-form'
import type { Tried } from './views'

/** The dry run (BY-6): what these settings would make of a sample or of a past enquiry. */
export function TabTry() {
  const f = crmSettings()
  const parts = useEditor()
  const { editing, open, portal } = parts
  const { draft, id } = editing
  const [{ on, number, sample, utm, tried }, keep] = useState<TryKept>(
    () => parts.tried.current ?? firstTry(draft.settings.channels[0]?.channel ?? ''),
  )
  const put = (patch: Partial<TryKept>) => keep((now) => ({ ...now, ...patch }))
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState('')
  useEffect(() => {
    parts.tried.current = { on, number, sample, utm, tried }
  })
  const came = useRef<HTMLDivElement>(null)
  const [runs, setRuns] = useState(0)
  useEffect(() => {
    // What came of it stands below what is seen.
    if (runs > 0) came.current?.scrollIntoView({ block: 'nearest' })
  }, [runs])
  const now = JSON.stringify(draft.settings)

  async function run(event: FormEvent) {
    event.preventDefault()
    if (busy) return
    setFault('')
    if (on === 'past' && !/\d/.test(number)) return setFault(f.try.needNumber)
    if (on === 'sample' && !sample.channel_id) return setFault(f.try.needChannel)
    if (!editing.check()) return setFault(f.try.fix)
    setBusy(true)
    try {
      const past = on === 'past' ? await conversationNumbered(number) : null
      if (on === 'past' && !past) return setFault(f.try.noNumber(number.trim()))
      const what = past ? { conversation_id: past.conversation_id } : { sample: imagined(sample, utm) }
      put({ tried: { of: now, told: await tryIntegration(id, what, draft.settings) } })
      setRuns((n) => n + 1)
    } catch (error) {
      put({ tried: null })
      setFault(whyNot(error))
    } finally {
      setBusy(false)
    }
  }

  /** A portal that cannot be asked says itself why. */
  function whyNot(error: unknown): string {
    if ([...fieldErrors(error).keys()].some((one) => one.includes('settings'))) {
      editing.blame(error)
      return f.try.fix
    }
    const passing = error instanceof Refused && error.status === 503
    if (passing && portal?.state === 'stopped' && portal.reason)
      return [words(portal.reason), portal.remedy && words(portal.remedy)].filter(Boolean).join(' ')
    return passing ? f.try.noAnswer : whyRefused(error)
  }

  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <form noValidate onSubmit={(event) => void run(event)} className="space-y-4 rounded-card border border-line bg-pane p-6 max-[759px]:p-4">
        <div>
          <h2 className="text-heading font-semibold">{f.tabs.try}</h2>
          <p className="mt-0.5 text-second text-ink2">{f.try.intro}</p>
        </div>
        <Choice
          label={f.try.on}
          inline
          value={on}
          options={[
            { value: 'sample', label: f.try.sample },
            { value: 'past', label: f.try.past },
          ]}
          onChange={(next) => put({ on: next, tried: null })}
        />
        {on === 'past' ? (
          <div className="max-w-60">
            <TextField
              label={f.try.number}
              inputMode="numeric"
              placeholder="1204"
              value={number}
              onChange={(event) => put({ number: event.target.value })}
            />
          </div>
        ) : (
          <SampleForm
            sample={sample}
            set={(patch) => put({ sample: { ...sample, ...patch } })}
            utm={utm}
            setUtm={(next) => put({ utm: next })}
          />
        )}
        <Button type="submit" look="main" tall="yes" disabled={busy}>
          <Play size={15} aria-hidden="true" />
          {busy ? f.try.running : f.try.run}
        </Button>
        {fault && (
          <p role="alert" className="rounded-control bg-red-soft px-3 py-2 text-second text-red">
            {fault}
          </p>
        )}
      </form>
      <div ref={came} aria-live="polite" className="grid gap-4">
        {tried && tried.of !== now && <p className="text-second text-amber">{f.try.stale}</p>}
        {tried && (
          <section className="rounded-card border border-line bg-pane p-4" data-tried>
            <div className="mb-2 flex flex-wrap items-baseline gap-2">
              <h3 className="min-w-0 flex-1 font-semibold">{tried.told.would.length > 0 ? f.try.would : f.try.nothing}</h3>
              <span className="num text-caption text-ink3">{f.try.calls(tried.told.asked.length)}</span>
            </div>
            {tried.told.would.length === 0 && <p className="text-ink2">{words(tried.told.words)}</p>}
            <ol className="space-y-3">
              {tried.told.would.map((one, n) => (
                <li key={n} className="flex items-start gap-2.5">
                  <RuleChip rule={one.because.rule} />
                  <div className="min-w-0">
                    <p className="font-medium break-words">
                      <span className="num">{n + 1}.</span> {words(one.words)}
                    </p>
                    <Why because={one.because} onMend={open} />
                    <Written lines={one.written} />
                  </div>
                </li>
              ))}
            </ol>
          </section>
        )}
        {tried && <LeftOut items={tried.told.left_out} title={f.try.leftOut} onMend={open} />}
        {tried && tried.told.asked.length > 0 && (
          <details className="rounded-card border border-line bg-pane p-4">
            <summary className="rounded-control font-medium">{crmTexts().log.asked}</summary>
            <div className="mt-3">
              <Calls calls={tried.told.asked} />
            </div>
          </details>
        )}
      </div>
    </div>
  )
}

/** What stands in the form, and what came of it last. */
export interface TryKept {
  on: 'sample' | 'past'
  number: string
  sample: SampleValue
  utm: string
  tried: { of: string; told: Tried } | null
}

function firstTry(channel_id: string): TryKept {
  const { exampleName, exampleText } = crmSettings().try
  const sample: SampleValue = {
    channel_id,
    order: 'first',
    kind: 'chat',
    name: exampleName,
    phone: '+79161234567',
    email: '',
    text: exampleText,
    site: '',
    page: '',
    referrer: '',
    campaign: '',
    source: '',
  }
  return { on: 'sample', number: '', sample, utm: '', tried: null }
}
