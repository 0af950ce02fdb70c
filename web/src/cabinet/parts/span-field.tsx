import { useState } from 'react'
import { Field, inputClass } from '../../kit/ui/field'
import { type Sizes, sizeOf, spanOf, unitOf } from './span'

/** A time in a unit that fits. */
export function SpanField<U extends string>({
  label,
  error,
  span,
  sizes,
  names,
  unitLabel,
  onChange,
}: {
  label: string
  error?: string | undefined
  /** In the smallest unit; no number: the field is empty. */
  span: number
  sizes: Sizes<U>
  names: Record<U, string>
  unitLabel: string
  onChange: (span: number) => void
}) {
  const [chosen, choose] = useState<U>(() => unitOf(span, sizes))
  const empty = Number.isNaN(span)
  // Another time may have come from elsewhere: what is no whole number of the unit is told in one that fits.
  const unit = empty || span % sizeOf(chosen, sizes) === 0 ? chosen : unitOf(span, sizes)
  const size = sizeOf(unit, sizes)
  return (
    <Field label={label} error={error}>
      {(ids) => (
        <div className="flex gap-2">
          <input
            {...ids}
            type="number"
            min={1}
            value={empty ? '' : String(span / size)}
            onChange={(event) => onChange(spanOf(event.target.value, size))}
            className={`${inputClass} h-10`}
          />
          <select
            aria-label={unitLabel}
            value={unit}
            onChange={(event) => {
              const next = event.target.value as U
              choose(next)
              if (!empty) onChange(Math.max(1, span / size) * sizeOf(next, sizes))
            }}
            className={`${inputClass} h-10 w-auto`}
          >
            {sizes.toReversed().map(([one]) => (
              <option key={one} value={one}>
                {names[one]}
              </option>
            ))}
          </select>
        </div>
      )}
    </Field>
  )
}
