import { type ReactNode, useId } from 'react'

/** One of a few, each with an explanation. */
export function Choice<T extends string>({
  label,
  value,
  options,
  onChange,
  error,
  inline,
  help,
}: {
  label: string
  help?: string
  value: T
  options: readonly { value: T; label: ReactNode; help?: string | undefined }[]
  onChange: (value: T) => void
  error?: string | undefined
  inline?: boolean
}) {
  const name = useId()
  return (
    <fieldset aria-invalid={error ? true : undefined} tabIndex={error ? -1 : undefined}>
      <legend className="mb-1.5 text-second font-medium text-ink2">{label}</legend>
      <div className={inline ? 'flex flex-wrap gap-x-5 gap-y-1' : 'space-y-2'}>
        {options.map((option) => (
          <label key={option.value} className="flex items-start gap-2.5">
            <input
              type="radio"
              name={name}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
              className="mt-0.5 size-4 shrink-0 accent-accent"
            />
            <span className="min-w-0">
              <span className="block">{option.label}</span>
              {option.help && <span className="block text-caption text-ink3">{option.help}</span>}
            </span>
          </label>
        ))}
      </div>
      {(error ?? help) && <p className={`mt-1.5 text-caption ${error ? 'text-red' : 'text-ink3'}`}>{error ?? help}</p>}
    </fieldset>
  )
}

/** What is wrong with a list as a whole, or with one of its entries; a save that was refused leads there. */
export function Wrong({ said }: { said: string | undefined }) {
  if (!said) return null
  return (
    <p data-wrong tabIndex={-1} className="rounded-control text-caption font-normal text-red">
      {said}
    </p>
  )
}

/** Words that stand above what they are about. */
export function Note({ tone = 'warn', children }: { tone?: 'warn' | 'bad' | 'plain'; children: ReactNode }) {
  const tones = { warn: 'bg-amber-soft text-amber', bad: 'bg-red-soft text-red', plain: 'bg-hover text-ink2' }
  return <div className={`rounded-control px-3 py-2 text-second ${tones[tone]}`}>{children}</div>
}

/** A part of a tab with a heading of its own. */
export function Part({ title, hint, action, children }: { title: string; hint?: string | undefined; action?: ReactNode; children: ReactNode }) {
  return (
    <section className="space-y-3 border-t border-line pt-5 first:border-0 first:pt-0">
      <div className="flex flex-wrap items-start gap-2">
        <div className="min-w-0 flex-1">
          <h3 className="font-semibold">{title}</h3>
          {hint && <p className="mt-0.5 text-second text-ink2">{hint}</p>}
        </div>
        {action}
      </div>
      {children}
    </section>
  )
}

/** A button that reads as a link in a sentence. */
export function TextButton({ children, onClick }: { children: ReactNode; onClick: () => void }) {
  return (
    <button type="button" onClick={onClick} className="rounded-control font-medium text-accent-text underline underline-offset-2">
      {children}
    </button>
  )
}
