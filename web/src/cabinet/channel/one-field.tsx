import type { FormField } from '../../kit/api/types'
import { t, words } from '../../kit/i18n'
import { Field, inputClass, TextField } from '../../kit/ui/field'
import { Select, Toggle } from '../parts/bits'
import { ChoiceField } from './choice-field'
import type { Offer } from './choices'
import { SecretField } from './secret-field'

interface Props {
  field: FormField
  value: unknown
  error: string | undefined
  /** A secret that is stored already. */
  kept: boolean
  /** What the service offers for it. */
  offers: () => Promise<Offer[]>
  onChange: (value: unknown) => void
}

/** One field of a form that the server describes. */
export function OneField({ field, value, error, kept, offers, onChange }: Props) {
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
    case 'ways':
    case 'select':
      return (
        <Field label={label} help={help} error={error} required={field.required}>
          {(ids) => (
            <Select {...ids} value={text} onChange={(event) => onChange(event.target.value)}>
              {field.default === null && <option value="">{t.cabinet.notChosen}</option>}
              {(field.kind === 'ways' ? field.ways : field.options).map((option) => (
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
    case 'own_secret':
      return (
        <SecretField
          label={label}
          help={help}
          error={error}
          kept={kept}
          required={field.required}
          {...(field.kind === 'own_secret' ? { own: field.length } : {})}
          value={text}
          onChange={onChange}
        />
      )
    case 'choice':
      return (
        <ChoiceField
          label={label}
          help={help}
          error={error}
          required={field.required}
          placeholder={field.placeholder}
          value={text}
          read={offers}
          onChange={onChange}
        />
      )
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
