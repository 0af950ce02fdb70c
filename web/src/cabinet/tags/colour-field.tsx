import { useId } from 'react'
import { s } from '../../kit/i18n/cabinet-settings'
import { inputClass } from '../../kit/ui/field'

/** Colours that tell apart in light and dark. */
export const COLOURS = [
  '#2b8a7e',
  '#2f7fc1',
  '#5b6ad0',
  '#8a55c9',
  '#c14f97',
  '#c9483b',
  '#c06a1d',
  '#a3841b',
  '#5f8f2c',
  '#3f8f5b',
  '#6b7885',
  '#8899aa',
] as const

/** A colour out of a few, or one's own by its number. */
export function ColourField({
  label,
  value,
  error,
  onChange,
}: {
  label: string
  value: string
  error?: string | undefined
  onChange: (value: string) => void
}) {
  const id = useId()
  return (
    <fieldset>
      <legend className="mb-1.5 text-second font-medium text-ink2">{label}</legend>
      <div className="flex flex-wrap items-center gap-2">
        {COLOURS.map((colour) => (
          <label key={colour} className="relative grid size-8 place-items-center rounded-full has-focus-visible:outline-2 has-focus-visible:outline-accent">
            <input
              type="radio"
              name={id}
              aria-label={colour}
              checked={value.toLowerCase() === colour}
              onChange={() => onChange(colour)}
              className="absolute inset-0 cursor-pointer opacity-0"
            />
            <span
              aria-hidden="true"
              className={`size-6 rounded-full ${value.toLowerCase() === colour ? 'ring-2 ring-ink ring-offset-2 ring-offset-pane' : ''}`}
              style={{ backgroundColor: colour }}
            />
          </label>
        ))}
        <input
          type="text"
          aria-label={s().tags.colourNumber}
          aria-invalid={error ? true : undefined}
          aria-describedby={error ? `${id}-told` : undefined}
          value={value}
          maxLength={20}
          onChange={(event) => onChange(event.target.value.trim())}
          className={`${inputClass} h-8 max-w-28 font-mono text-second`}
        />
      </div>
      {error && (
        <p id={`${id}-told`} className="mt-1 text-caption text-red">
          {error}
        </p>
      )}
    </fieldset>
  )
}
