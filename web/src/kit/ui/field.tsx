import { type InputHTMLAttributes, type ReactNode, useId } from 'react'

export const inputClass =
  'w-full rounded-control border border-edge bg-pane px-3 text-body text-ink outline-offset-0 hover:border-ink3 aria-invalid:border-red'

/** A caption, the thing itself, a help line, and what is wrong with it. */
export function Field({
  label,
  help,
  error,
  required,
  children,
}: {
  label: string
  help?: string | undefined
  error?: string | undefined
  required?: boolean
  children: (ids: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: true }) => ReactNode
}) {
  const id = useId()
  const told = error ?? help
  return (
    <div>
      <label htmlFor={id} className="mb-1 block text-second font-medium text-ink2">
        {label}
        {required && <span className="text-red" aria-hidden="true">{' *'}</span>}
      </label>
      {children({
        id,
        ...(told ? { 'aria-describedby': `${id}-told` } : {}),
        ...(error ? { 'aria-invalid': true as const } : {}),
      })}
      {told && (
        <p id={`${id}-told`} className={`mt-1 text-caption ${error ? 'text-red' : 'text-ink3'}`}>
          {told}
        </p>
      )}
    </div>
  )
}

export function TextField({
  label,
  help,
  error,
  className = '',
  ...rest
}: InputHTMLAttributes<HTMLInputElement> & { label: string; help?: string | undefined; error?: string | undefined }) {
  return (
    <Field label={label} help={help} error={error} required={!!rest.required}>
      {(ids) => <input {...rest} {...ids} className={`${inputClass} h-10 ${className}`} />}
    </Field>
  )
}
