import { useState } from 'react'
import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { Field, inputClass } from '../../kit/ui/field'
import { minutesOf, type Unit, UNITS, unitOf } from './due'

/** A time from now, in a unit that fits. */
export function DueField({
  label,
  minutes,
  error,
  onChange,
}: {
  label: string
  minutes: number
  error?: string | undefined
  onChange: (minutes: number) => void
}) {
  const f = crmSettings().tasks
  const [unit, setUnit] = useState<Unit>(() => unitOf(minutes))
  // Read anew after a reset: what is no whole number of the unit is told in minutes.
  const shown = minutes % UNITS[unit] === 0 ? unit : 'm'
  return (
    <Field label={label} error={error}>
      {(ids) => (
        <div className="flex gap-2">
          <input
            {...ids}
            type="number"
            min={1}
            value={minutes === 0 ? '' : String(minutes / UNITS[shown])}
            onChange={(event) => onChange(minutesOf(event.target.value, shown))}
            className={`${inputClass} h-10`}
          />
          <select
            aria-label={f.unit}
            value={shown}
            onChange={(event) => {
              const next = event.target.value as Unit
              setUnit(next)
              onChange(Math.max(1, Math.round(minutes / UNITS[shown])) * UNITS[next])
            }}
            className={`${inputClass} h-10 w-auto`}
          >
            {(['m', 'h', 'd'] as const).map((one) => (
              <option key={one} value={one}>
                {f.units[one]}
              </option>
            ))}
          </select>
        </div>
      )}
    </Field>
  )
}
