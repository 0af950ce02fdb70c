import { useState } from 'react'
import { scenarioTexts } from '../../kit/i18n/flow/scenario'
import { Field, inputClass } from '../../kit/ui/field'

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
