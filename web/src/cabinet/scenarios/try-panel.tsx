import { Play } from 'lucide-react'
import { useState } from 'react'
import { fieldErrors } from '../../kit/api/client'
import { words } from '../../kit/i18n'
import { scenarioTexts } from '../../kit/i18n/flow/scenario'
import { Button } from '../../kit/ui/button'
import { Field, inputClass, TextField } from '../../kit/ui/field'
import { whyRefused } from '../../kit/ui/toast'
import { SelectField, Toggle } from '../parts/bits'
import { useDirectory } from './directory'
import type { Scenario } from './model'
import { type Fault, faultsOf, gaps } from './problems'
import { numberOf } from './summary'
import { ROOT, stepOf } from './tree'
import { placeOf, readUtm, type Trial, tryScenario } from './try-api'

/** The moment as a field of a form writes it, in the time of this device. */
const localNow = () => {
  const now = new Date()
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

/** The form of an imagined enquiry, and what the scenario does with it. */
export function TryPanel({
  tree,
  trial,
  stale,
  onTrial,
  onFaults,
  onStep,
}: {
  tree: Scenario
  trial: Trial | null
  /** The scenario was changed after this trial. */
  stale: boolean
  onTrial: (trial: Trial | null) => void
  onFaults: (faults: Fault[]) => void
  onStep: (at: string) => void
}) {
  const f = scenarioTexts().try
  const { channels, kinds } = useDirectory()
  const [channel, setChannel] = useState('')
  const [kind, setKind] = useState('widget')
  const [text, setText] = useState(f.textExample)
  const [site, setSite] = useState('')
  const [campaign, setCampaign] = useState('')
  const [source, setSource] = useState('')
  const [utm, setUtm] = useState('')
  const [language, setLanguage] = useState('ru')
  const [first, setFirst] = useState(true)
  const [known, setKnown] = useState(false)
  const [at, setAt] = useState(localNow)
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState('')

  async function run() {
    const missing = gaps(tree)
    if (missing.length > 0) {
      onFaults(missing)
      return setFault(f.fix)
    }
    setBusy(true)
    setFault('')
    try {
      const moment = at ? new Date(at) : new Date()
      onTrial(
        await tryScenario(tree, {
          channel_id: channel || null,
          channel_kind: channels.find((one) => one.channel_id === channel)?.kind ?? kind,
          site: site.trim() || null,
          campaign: campaign.trim() || null,
          source: source.trim() || null,
          utm: readUtm(utm),
          language: language.trim() || null,
          text,
          first,
          contact_known: known,
          at: moment.toISOString(),
        }),
      )
    } catch (error) {
      const found = faultsOf(fieldErrors(error))
      onTrial(null)
      if (found.length > 0) onFaults(found)
      setFault(found.length > 0 ? f.fix : whyRefused(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    <form
      className="space-y-3"
      onSubmit={(event) => {
        event.preventDefault()
        void run()
      }}
    >
      <p className="text-second text-ink2">{f.intro}</p>
      <Field label={f.text}>
        {(ids) => (
          <textarea
            {...ids}
            rows={3}
            value={text}
            onChange={(event) => setText(event.target.value)}
            className={`${inputClass} py-2`}
          />
        )}
      </Field>
      <SelectField
        label={f.channel}
        value={channel}
        options={[['', f.anyChannel], ...channels.map((one) => [one.channel_id, one.name] as const)]}
        onChange={setChannel}
      />
      {!channel && (
        <SelectField
          label={f.kind}
          value={kind}
          options={kinds.map((one) => [one.kind, words(one.title)] as const)}
          onChange={setKind}
        />
      )}
      <Field label={f.at}>
        {(ids) => (
          <input
            {...ids}
            type="datetime-local"
            value={at}
            onChange={(event) => setAt(event.target.value)}
            className={`${inputClass} h-10`}
          />
        )}
      </Field>
      <Toggle label={f.first} on={first} onChange={setFirst} />
      <Toggle label={f.known} on={known} onChange={setKnown} />
      <details className="rounded-control border border-line px-3 py-2">
        <summary className="cursor-pointer rounded-control text-second font-medium text-ink2">
          {[f.site, f.source, f.utm].join(', ')}
        </summary>
        <div className="mt-2 space-y-3">
          <TextField label={f.site} value={site} onChange={(event) => setSite(event.target.value)} />
          <TextField label={f.source} value={source} onChange={(event) => setSource(event.target.value)} />
          <TextField label={f.campaign} value={campaign} onChange={(event) => setCampaign(event.target.value)} />
          <Field label={f.utm} help={f.utmHelp}>
            {(ids) => (
              <textarea
                {...ids}
                rows={2}
                value={utm}
                onChange={(event) => setUtm(event.target.value)}
                className={`${inputClass} py-2`}
              />
            )}
          </Field>
          <TextField label={f.language} value={language} onChange={(event) => setLanguage(event.target.value)} />
        </div>
      </details>
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="main" tall="yes" disabled={busy}>
          <Play size={15} aria-hidden="true" />
          {busy ? f.running : f.run}
        </Button>
        {trial && (
          <Button look="quiet" tall="yes" onClick={() => onTrial(null)}>
            {f.clear}
          </Button>
        )}
      </div>
      <div aria-live="polite">
        {fault && <p className="rounded-control bg-red-soft px-3 py-2 text-second text-red">{fault}</p>}
        {trial && (
          <div data-trial className={stale ? 'opacity-60' : ''}>
            {stale && <p className="mb-2 text-second text-amber">{f.stale}</p>}
            <h2 className="mb-1 font-semibold">{f.path}</h2>
            {trial.steps.length === 0 && <p className="text-ink2">{f.noSteps}</p>}
            <ol className="mb-3 space-y-1">
              {trial.steps.map((step, n) => (
                <li key={n}>
                  <button
                    type="button"
                    onClick={() => onStep(stepOf(placeOf(step.path)) ?? ROOT)}
                    className="flex w-full gap-2 rounded-control px-2 py-1.5 text-left hover:bg-hover"
                  >
                    <span className="num shrink-0 font-medium text-accent-text">{numberOf(stepOf(placeOf(step.path)) ?? '')}</span>
                    <span className="min-w-0">{words(step.text)}</span>
                  </button>
                </li>
              ))}
            </ol>
            <h2 className="mb-1 font-semibold">{f.result}</h2>
            <p>{words(trial.result)}</p>
          </div>
        )}
      </div>
    </form>
  )
}
