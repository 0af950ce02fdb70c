import { X } from 'lucide-react'
import { useState } from 'react'
import { scenarioTexts } from '../../kit/i18n/flow/scenario'
import { Field, inputClass } from '../../kit/ui/field'

/** Words to look for: each is a chip; Enter or a comma ends one, leaving the field too. */
export function WordsField({
  label,
  help,
  error,
  values,
  onChange,
}: {
  label: string
  help?: string | undefined
  error?: string | undefined
  values: string[]
  onChange: (values: string[]) => void
}) {
  const f = scenarioTexts()
  const [typed, setTyped] = useState('')
  const add = () => {
    const fresh = typed
      .split(/[,\n]/)
      .map((word) => word.trim())
      .filter((word) => word && !values.includes(word))
    setTyped('')
    if (fresh.length > 0) onChange([...values, ...fresh])
  }
  return (
    <Field label={label} help={help} error={error}>
      {(ids) => (
        <div>
          {values.length > 0 && (
            <ul className="mb-1.5 flex flex-wrap gap-1">
              {values.map((value) => (
                <li
                  key={value}
                  className="inline-flex max-w-full items-center gap-1 rounded-full bg-accent-soft py-0.5 pr-0.5 pl-2.5 text-second text-accent-text"
                >
                  <span className="truncate">{value}</span>
                  <button
                    type="button"
                    aria-label={f.removeValue(value)}
                    onClick={() => onChange(values.filter((one) => one !== value))}
                    className="grid size-6 place-items-center rounded-full hover:bg-hover"
                  >
                    <X size={13} aria-hidden="true" />
                  </button>
                </li>
              ))}
            </ul>
          )}
          <input
            {...ids}
            value={typed}
            placeholder={f.addValue}
            onChange={(event) => setTyped(event.target.value)}
            onBlur={add}
            onKeyDown={(event) => {
              if (event.key === 'Enter' || event.key === ',') {
                event.preventDefault()
                add()
              }
              if (event.key === 'Backspace' && typed === '') onChange(values.slice(0, -1))
            }}
            className={`${inputClass} h-10`}
          />
        </div>
      )}
    </Field>
  )
}

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 }
type Unit = keyof typeof UNITS

/** The largest unit in which a time is a whole number. */
export function unitOf(seconds: number): Unit {
  const whole = (unit: Unit) => seconds > 0 && seconds % UNITS[unit] === 0
  return whole('d') ? 'd' : whole('h') ? 'h' : whole('m') ? 'm' : 's'
}

/** A time in seconds, written in a unit that fits. An empty field is no number: it is told on saving. */
export function SpanField({
  label,
  error,
  seconds,
  onChange,
}: {
  label: string
  error?: string | undefined
  seconds: number
  onChange: (seconds: number) => void
}) {
  const f = scenarioTexts()
  const [unit, setUnit] = useState<Unit>(() => unitOf(seconds))
  const shown = Number.isNaN(seconds) ? '' : String(seconds / UNITS[unit])
  return (
    <Field label={label} error={error}>
      {(ids) => (
        <div className="flex gap-2">
          <input
            {...ids}
            type="number"
            min={1}
            value={shown}
            onChange={(event) =>
              onChange(event.target.value === '' ? Number.NaN : Math.round(Number(event.target.value) * UNITS[unit]))
            }
            className={`${inputClass} h-10`}
          />
          <select
            aria-label={f.unitLabel}
            value={unit}
            onChange={(event) => {
              const next = event.target.value as Unit
              setUnit(next)
              if (!Number.isNaN(seconds)) onChange(Math.max(1, Math.round(seconds / UNITS[unit])) * UNITS[next])
            }}
            className={`${inputClass} h-10 w-auto`}
          >
            {(['s', 'm', 'h', 'd'] as const).map((one) => (
              <option key={one} value={one}>
                {f.unit[one]}
              </option>
            ))}
          </select>
        </div>
      )}
    </Field>
  )
}
