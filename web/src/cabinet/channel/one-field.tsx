import { KeyRound } from 'lucide-react'
import { useState } from 'react'
import type { FormField } from '../../kit/api/types'
import { t, words } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { Button } from '../../kit/ui/button'
import { Field, inputClass, TextField } from '../../kit/ui/field'
import { Select, Toggle } from '../parts/bits'

interface Props {
  field: FormField
  value: unknown
  error: string | undefined
  /** A secret that is stored already. */
  kept: boolean
  onChange: (value: unknown) => void
}

/** One field of a form that the server describes. */
export function OneField({ field, value, error, kept, onChange }: Props) {
  const label = words(field.label)
  const help = field.help ? words(field.help) : undefined
  const text = Array.isArray(value) ? value.join('\n') : value === undefined || value === null ? '' : String(value)
  switch (field.kind) {
    case 'toggle':
      return (
        <div>
          <Toggle label={label} help={help} on={value === true} onChange={onChange} />
          {error && <p className="mt-1 ml-7 text-caption text-red">{error}</p>}
        </div>
      )
    case 'select':
      return (
        <Field label={label} help={help} error={error} required={field.required}>
          {(ids) => (
            <Select {...ids} value={text} onChange={(event) => onChange(event.target.value)}>
              {field.default === null && <option value="">{t.cabinet.notChosen}</option>}
              {field.options.map((option) => (
                <option key={option.value} value={option.value}>
                  {words(option.label)}
                </option>
              ))}
            </Select>
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
      return <Colour label={label} help={help} error={error} value={text || field.default} onChange={onChange} />
    case 'secret':
      return <Secret label={label} help={help} error={error} kept={kept} required={field.required} value={text} onChange={onChange} />
    case 'number':
      return (
        <TextField
          label={label}
          help={help}
          error={error}
          type="number"
          min={field.min}
          max={field.max}
          required={field.required}
          placeholder={field.default === null ? undefined : String(field.default)}
          value={text}
          className="max-w-40"
          onChange={(event) => onChange(event.target.value)}
        />
      )
    case 'url':
    case 'text':
      return (
        <TextField
          label={label}
          help={help}
          error={error}
          value={text}
          required={field.required}
          inputMode={field.kind === 'url' ? 'url' : undefined}
          autoComplete="off"
          placeholder={field.kind === 'text' ? (field.placeholder ?? undefined) : 'https://'}
          onChange={(event) => onChange(event.target.value)}
        />
      )
  }
}

function Colour({
  label,
  help,
  error,
  value,
  onChange,
}: {
  label: string
  help: string | undefined
  error: string | undefined
  value: string
  onChange: (value: string) => void
}) {
  return (
    <Field label={label} help={help} error={error}>
      {(ids) => (
        <div className="flex items-center gap-2">
          <input
            type="color"
            aria-label={label}
            value={/^#[0-9a-f]{6}$/i.test(value) ? value : '#000000'}
            onChange={(event) => onChange(event.target.value)}
            className="h-10 w-14 shrink-0 rounded-control border border-edge bg-pane p-1"
          />
          <input
            {...ids}
            value={value}
            maxLength={7}
            onChange={(event) => onChange(event.target.value.trim())}
            className={`${inputClass} h-10 max-w-32 font-mono`}
          />
        </div>
      )}
    </Field>
  )
}

/** A secret is never shown: one that is stored can be replaced. */
function Secret({
  label,
  help,
  error,
  kept,
  required,
  value,
  onChange,
}: {
  label: string
  help: string | undefined
  error: string | undefined
  kept: boolean
  required: boolean
  value: string
  onChange: (value: string) => void
}) {
  const [replacing, setReplacing] = useState(false)
  if (kept && !replacing && !value && !error) {
    return (
      <div role="group" aria-label={label}>
        <p className="mb-1 text-second font-medium text-ink2">{label}</p>
        <div className="flex items-center gap-2">
          <p className="flex h-10 min-w-0 flex-1 items-center gap-2 rounded-control border border-line bg-raised px-3 text-ink2">
            <KeyRound size={15} className="shrink-0" aria-hidden="true" />
            <span aria-hidden="true">••••••••</span>
            <span className="truncate text-caption">{s().channels.secretStored}</span>
          </p>
          <Button tall="yes" aria-label={`${s().channels.replaceSecret}: ${label}`} onClick={() => setReplacing(true)}>
            {s().channels.replaceSecret}
          </Button>
        </div>
        {help && <p className="mt-1 text-caption text-ink3">{help}</p>}
      </div>
    )
  }
  return (
    <div className="flex items-start gap-2">
      <div className="min-w-0 flex-1">
        <TextField
          label={label}
          help={help}
          error={error}
          type="password"
          autoComplete="new-password"
          autoFocus={replacing}
          required={required && !kept}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      </div>
      {kept && (
        <Button
          tall="yes"
          className="mt-[22px]"
          onClick={() => {
            setReplacing(false)
            onChange('')
          }}
        >
          {s().channels.keepSecret}
        </Button>
      )}
    </div>
  )
}
