import { useEffect, useState } from 'react'
import type { ChannelDetails, ChannelKind, FormField, Words } from '../kit/api/types'
import { t, words } from '../kit/i18n'
import { Field, inputClass, TextField } from '../kit/ui/field'

export type Answers = Record<string, unknown>

/** What stands in the form at first: what is stored, else what the kind gives. */
export function firstAnswers(fields: FormField[], stored?: ChannelDetails): Answers {
  const answers: Answers = {}
  for (const field of fields) {
    const held = (stored?.settings as Answers | undefined)?.[field.key]
    if (held !== undefined) answers[field.key] = held
    else if (field.kind === 'toggle' || field.kind === 'select' || field.kind === 'color') {
      if (field.default !== null) answers[field.key] = field.default
    }
  }
  return answers
}

/** What is sent: nothing for what is empty, so that the kind's own rule holds. A secret that is
 * left empty stays as it is. */
export function sentAnswers(fields: FormField[], answers: Answers): Record<string, never> {
  const sent: Answers = {}
  for (const field of fields) {
    const value = answers[field.key]
    if (value === undefined || value === '' || value === null) continue
    if (field.kind === 'number') sent[field.key] = Number(value)
    else if (field.kind === 'list') {
      const lines = (Array.isArray(value) ? value : String(value).split('\n')).map(String)
      const kept = lines.map((line) => line.trim()).filter(Boolean)
      if (kept.length > 0) sent[field.key] = kept
    } else sent[field.key] = value
  }
  // The API's description knows an object here and no more: the kinds know their fields.
  return sent as Record<string, never>
}

/** The settings of any kind of channel: the server describes them, this draws them. */
export function SettingsForm({
  kind,
  answers,
  errors,
  secrets,
  onChange,
}: {
  kind: ChannelKind
  answers: Answers
  errors: Map<string, Words>
  secrets: readonly string[]
  onChange: (answers: Answers) => void
}) {
  const { fields } = kind.form
  // A field that must be filled is not for those who look further.
  const hidden = (field: FormField) => field.advanced && !field.required
  const wrong = (field: FormField) => errors.get(field.key) ?? errors.get(`settings.${field.key}`)
  const [more, setMore] = useState(false)
  useEffect(() => {
    if (errors.size > 0) document.querySelector<HTMLElement>('[aria-invalid=true]')?.focus()
  }, [errors])
  const shown = more || fields.some((field) => hidden(field) && wrong(field))
  const draw = (field: FormField) => {
    const error = wrong(field)
    return (
      <OneField
        key={field.key}
        field={field}
        value={answers[field.key]}
        error={error && words(error)}
        kept={secrets.includes(field.key)}
        onChange={(value) => onChange({ ...answers, [field.key]: value })}
      />
    )
  }
  return (
    <div className="space-y-4">
      {fields.filter((field) => !hidden(field)).map(draw)}
      {fields.some(hidden) && (
        <button
          type="button"
          aria-expanded={shown}
          onClick={() => setMore(!more)}
          className="rounded-control text-second font-medium text-accent-text underline"
        >
          {shown ? t.cabinet.lessSettings : t.cabinet.moreSettings}
        </button>
      )}
      {shown && fields.filter(hidden).map(draw)}
    </div>
  )
}

function OneField({
  field,
  value,
  error,
  kept,
  onChange,
}: {
  field: FormField
  value: unknown
  error: string | undefined
  kept: boolean
  onChange: (value: unknown) => void
}) {
  const label = words(field.label)
  const help = field.help ? words(field.help) : undefined
  const text = Array.isArray(value) ? value.join('\n') : value === undefined || value === null ? '' : String(value)
  switch (field.kind) {
    case 'toggle':
      return (
        <label className="flex items-start gap-3">
          <input
            type="checkbox"
            checked={value === true}
            onChange={(event) => onChange(event.target.checked)}
            className="mt-0.5 size-4 accent-accent"
          />
          <span>
            <span className="block font-medium">{label}</span>
            {(error ?? help) && (
              <span className={`block text-caption ${error ? 'text-red' : 'text-ink3'}`}>{error ?? help}</span>
            )}
          </span>
        </label>
      )
    case 'select':
      return (
        <Field label={label} help={help} error={error} required={field.required}>
          {(ids) => (
            <select
              {...ids}
              value={text}
              onChange={(event) => onChange(event.target.value)}
              className={`${inputClass} h-10`}
            >
              {field.default === null && <option value="">{t.cabinet.notChosen}</option>}
              {field.options.map((option) => (
                <option key={option.value} value={option.value}>
                  {words(option.label)}
                </option>
              ))}
            </select>
          )}
        </Field>
      )
    case 'long_text':
    case 'list':
      return (
        <Field label={label} help={help} error={error} required={field.required}>
          {(ids) => (
            <textarea
              {...ids}
              rows={3}
              value={text}
              placeholder={field.kind === 'list' ? (field.placeholder ?? undefined) : undefined}
              onChange={(event) => onChange(field.kind === 'list' ? event.target.value.split('\n') : event.target.value)}
              className={`${inputClass} py-2`}
            />
          )}
        </Field>
      )
    case 'color':
      return (
        <Field label={label} help={help} error={error}>
          {(ids) => (
            <input
              {...ids}
              type="color"
              value={text || field.default}
              onChange={(event) => onChange(event.target.value)}
              className="h-10 w-20 rounded-control border border-edge bg-pane p-1"
            />
          )}
        </Field>
      )
    default:
      return (
        <TextField
          label={label}
          help={help}
          error={error}
          value={text}
          required={field.required && !kept}
          type={field.kind === 'secret' ? 'password' : field.kind === 'number' ? 'number' : 'text'}
          inputMode={field.kind === 'url' ? 'url' : undefined}
          autoComplete={field.kind === 'secret' ? 'new-password' : 'off'}
          placeholder={
            field.kind === 'secret' && kept
              ? t.cabinet.secretKept
              : field.kind === 'text'
                ? (field.placeholder ?? undefined)
                : undefined
          }
          {...(field.kind === 'number' ? { min: field.min, max: field.max } : {})}
          onChange={(event) => onChange(event.target.value)}
        />
      )
  }
}
