import { X } from 'lucide-react'
import { useState } from 'react'
import { Field, inputClass } from '../../kit/ui/field'

/** Short texts, each a chip; Enter or a comma ends one, leaving the field too. */
export function ChipsField({
  label,
  help,
  error,
  values,
  placeholder,
  remove,
  onChange,
}: {
  label: string
  help?: string | undefined
  error?: string | undefined
  values: readonly string[]
  placeholder?: string
  remove: (value: string) => string
  onChange: (values: string[]) => void
}) {
  const [typed, setTyped] = useState('')
  const add = () => {
    const fresh = typed
      .split(/[,\n]/)
      .map((word) => word.trim())
      .filter((word) => word && !values.includes(word))
    setTyped('')
    if (fresh.length > 0) onChange([...values, ...new Set(fresh)])
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
                    aria-label={remove(value)}
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
            placeholder={placeholder}
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
