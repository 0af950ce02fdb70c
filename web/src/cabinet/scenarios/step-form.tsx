import { useRef } from 'react'
import { scenarioTexts } from '../../kit/i18n/flow/scenario'
import { Field, inputClass } from '../../kit/ui/field'
import { Checks } from '../parts/bits'
import { ConditionForm } from './condition-form'
import { useDirectory } from './directory'
import { DistributeForm } from './distribute-form'
import { ASKED, type Question, type Step } from './model'
import { SpanField } from './span-field'

/** What is wrong with a place, in words; the place of a list speaks for what is in it too. */
export type Told = (place: string) => string | undefined

/** The settings of one step. */
export function StepForm({
  step,
  at,
  told,
  onChange,
}: {
  step: Step
  at: string
  told: Told
  onChange: (step: Step) => void
}) {
  const f = scenarioTexts()
  const { tags } = useDirectory()
  switch (step.do) {
    case 'if':
      return <ConditionForm condition={step.when} at={`${at}/when`} told={told} onChange={(when) => onChange({ ...step, when })} />
    case 'distribute':
      return <DistributeForm step={step} at={at} told={told} onChange={onChange} />
    case 'auto_reply':
      return (
        <TemplateField
          label={f.replyText}
          error={told(`${at}/text`)}
          text={step.text}
          onChange={(text) => onChange({ ...step, text })}
        />
      )
    case 'contact_form':
      return (
        <>
          <TemplateField
            label={f.formText}
            error={told(`${at}/text`)}
            text={step.text}
            onChange={(text) => onChange({ ...step, text })}
          />
          <Questions
            fields={step.fields}
            error={told(`${at}/fields`)}
            onChange={(fields) => onChange({ ...step, fields })}
          />
          <SpanField
            label={f.formWait}
            error={told(`${at}/wait_seconds`)}
            seconds={step.wait_seconds}
            onChange={(wait_seconds) => onChange({ ...step, wait_seconds })}
          />
          <p className="text-caption text-ink3">{f.formHelp}</p>
        </>
      )
    case 'tag':
      return (
        <Checks
          label={f.tags}
          error={told(`${at}/tags`)}
          chosen={step.tags}
          options={tags.map((one) => ({ value: one.tag_id, label: one.name }))}
          empty={f.noTags}
          onChange={(chosen) => onChange({ ...step, tags: chosen })}
        />
      )
    case 'wait':
      return (
        <SpanField
          label={f.waitFor}
          error={told(`${at}/seconds`)}
          seconds={step.seconds}
          onChange={(seconds) => onChange({ ...step, seconds })}
        />
      )
    case 'close':
      return <p className="text-ink2">{f.closeHelp}</p>
  }
}

/** A text with parameters; a press puts one where the cursor is. */
function TemplateField({
  label,
  error,
  text,
  onChange,
}: {
  label: string
  error: string | undefined
  text: string
  onChange: (text: string) => void
}) {
  const f = scenarioTexts()
  const area = useRef<HTMLTextAreaElement>(null)
  const put = (name: string) => {
    const field = area.current
    const from = field?.selectionStart ?? text.length
    const to = field?.selectionEnd ?? from
    const piece = `{${name}}`
    onChange(text.slice(0, from) + piece + text.slice(to))
    requestAnimationFrame(() => {
      field?.focus()
      field?.setSelectionRange(from + piece.length, from + piece.length)
    })
  }
  return (
    <div>
      <Field label={label} error={error}>
        {(ids) => (
          <textarea
            {...ids}
            ref={area}
            rows={5}
            maxLength={4000}
            value={text}
            onChange={(event) => onChange(event.target.value)}
            className={`${inputClass} py-2`}
          />
        )}
      </Field>
      <div role="group" aria-label={f.parameters} className="mt-1.5 flex flex-wrap items-center gap-1">
        <span aria-hidden="true" className="mr-1 text-caption text-ink3">
          {f.parameters}:
        </span>
        {Object.entries(f.parameter).map(([name, said]) => (
          <button
            key={name}
            type="button"
            onClick={() => put(name)}
            className="h-6 rounded-full border border-edge px-2 text-caption text-ink2 hover:bg-hover hover:text-ink"
          >
            {said}
          </button>
        ))}
      </div>
    </div>
  )
}

function Questions({
  fields,
  error,
  onChange,
}: {
  fields: Question[]
  error: string | undefined
  onChange: (fields: Question[]) => void
}) {
  const f = scenarioTexts()
  const held = (ask: Question['ask']) => fields.find((one) => one.ask === ask)
  return (
    <fieldset>
      <legend className="mb-1 text-second font-medium text-ink2">{f.formFields}</legend>
      <div className={`divide-y divide-line rounded-control border ${error ? 'border-red' : 'border-edge'}`}>
        {ASKED.map((ask) => {
          const field = held(ask)
          return (
            <div key={ask} className="flex items-center gap-3 px-3 py-2">
              <label className="flex min-w-0 flex-1 items-center gap-2.5">
                <input
                  type="checkbox"
                  aria-label={f.ask(f.asked[ask])}
                  checked={!!field}
                  // They are asked in one order, whatever was ticked first.
                  onChange={() =>
                    onChange(ASKED.flatMap((one) => (one === ask ? (field ? [] : [{ ask }]) : (held(one) ?? []))))
                  }
                  className="size-4 accent-accent"
                />
                <span>{f.asked[ask]}</span>
              </label>
              {field && (
                <label className="flex items-center gap-2 text-second text-ink2">
                  <input
                    type="checkbox"
                    aria-label={f.need(f.asked[ask])}
                    checked={field.need !== 'optional'}
                    onChange={(event) =>
                      onChange(
                        fields.map((one) =>
                          one.ask === ask ? { ask, need: event.target.checked ? 'required' : 'optional' } : one,
                        ),
                      )
                    }
                    className="size-4 accent-accent"
                  />
                  {f.needed}
                </label>
              )}
            </div>
          )
        })}
      </div>
      {error && <p className="mt-1 text-caption text-red">{error}</p>}
    </fieldset>
  )
}
