import { ArrowLeft, ChevronDown, Copy } from 'lucide-react'
import { type ReactNode, type SelectHTMLAttributes, useState } from 'react'
import { t } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { Link } from '../../kit/link'
import { Button } from '../../kit/ui/button'
import { Dialog } from '../../kit/ui/dialog'
import { Field, inputClass, TextField } from '../../kit/ui/field'
import { toast } from '../../kit/ui/toast'

/** The small parts that the settings are built of. */

export const card = 'rounded-card border border-line bg-pane'

export function Back({ href, children }: { href: string; children: ReactNode }) {
  return (
    <Link
      href={href}
      className="mb-3 inline-flex items-center gap-1.5 rounded-control text-second text-ink2 hover:text-ink"
    >
      <ArrowLeft size={15} aria-hidden="true" />
      {children}
    </Link>
  )
}

export function Empty({ icon, title, hint, children }: { icon: ReactNode; title: string; hint?: string; children?: ReactNode }) {
  return (
    <div className={`${card} px-6 py-12 text-center`}>
      <div className="mx-auto mb-3 grid size-12 place-items-center rounded-full bg-accent-soft text-accent-text" aria-hidden="true">
        {icon}
      </div>
      <p className="text-heading font-semibold">{title}</p>
      {hint && <p className="mx-auto mt-1 max-w-[440px] text-ink2">{hint}</p>}
      {children && <div className="mt-4 flex justify-center gap-2">{children}</div>}
    </div>
  )
}

/** Pages beside each other: their addresses differ, so they are links. */
export function Tabs({ label, current, items }: { label: string; current: string; items: readonly (readonly [string, string])[] }) {
  return (
    <nav aria-label={label} className="mb-4 flex gap-5 overflow-x-auto border-b border-line">
      {items.map(([href, name]) => (
        <Link
          key={href}
          href={href}
          aria-current={href === current ? 'page' : undefined}
          className="-mb-px shrink-0 border-b-2 border-transparent px-0.5 py-2 font-medium -outline-offset-2 text-ink2 hover:text-ink aria-[current]:border-accent aria-[current]:text-ink"
        >
          {name}
        </Link>
      ))}
    </nav>
  )
}

export function SelectField<T extends string>({
  label,
  help,
  error,
  value,
  options,
  onChange,
  disabled,
}: {
  label: string
  help?: string | undefined
  error?: string | undefined
  value: T
  options: readonly (readonly [T, string])[]
  onChange: (value: T) => void
  disabled?: boolean
}) {
  return (
    <Field label={label} help={help} error={error}>
      {(ids) => (
        <Select
          {...ids}
          value={value}
          disabled={!!disabled}
          onChange={(event) => {
            const chosen = options.find(([one]) => one === event.target.value)
            if (chosen) onChange(chosen[0])
          }}
        >
          {options.map(([one, name]) => (
            <option key={one} value={one}>
              {name}
            </option>
          ))}
        </Select>
      )}
    </Field>
  )
}

/** The browser's own list of choices with an arrow that fits. */
export function Select(props: SelectHTMLAttributes<HTMLSelectElement>) {
  return (
    <span className="relative block">
      <select {...props} className={`${inputClass} h-10 appearance-none truncate pr-9 disabled:opacity-60`} />
      <ChevronDown
        size={16}
        aria-hidden="true"
        className="pointer-events-none absolute top-1/2 right-3 -translate-y-1/2 text-ink3"
      />
    </span>
  )
}

/** Several of a list. */
export function Checks({
  label,
  help,
  error,
  chosen,
  options,
  onChange,
  empty,
}: {
  label: string
  help?: string | undefined
  error?: string | undefined
  chosen: readonly string[]
  options: readonly { value: string; label: ReactNode; help?: string | undefined }[]
  onChange: (chosen: string[]) => void
  empty?: string
}) {
  const told = error ?? help
  return (
    <fieldset aria-invalid={error ? true : undefined} tabIndex={error ? -1 : undefined}>
      <legend className="mb-1 text-second font-medium text-ink2">{label}</legend>
      {options.length === 0 && empty && <p className="text-second text-ink3">{empty}</p>}
      {options.length > 0 && (
        <div className={`max-h-64 overflow-y-auto rounded-control border p-1 ${error ? 'border-red' : 'border-edge'}`}>
          {options.map((option) => (
            <label key={option.value} className="flex items-start gap-2.5 rounded-control px-2 py-1.5 hover:bg-hover">
              <input
                type="checkbox"
                checked={chosen.includes(option.value)}
                onChange={(event) =>
                  onChange(
                    event.target.checked
                      ? [...chosen, option.value]
                      : chosen.filter((one) => one !== option.value),
                  )
                }
                className="mt-0.5 size-4 shrink-0 accent-accent"
              />
              <span className="min-w-0">
                <span className="block">{option.label}</span>
                {option.help && <span className="block text-caption text-ink3">{option.help}</span>}
              </span>
            </label>
          ))}
        </div>
      )}
      {told && <p className={`mt-1 text-caption ${error ? 'text-red' : 'text-ink3'}`}>{told}</p>}
    </fieldset>
  )
}

export function Toggle({
  label,
  help,
  on,
  onChange,
  disabled,
}: {
  label: string
  help?: string | undefined
  on: boolean
  onChange: (on: boolean) => void
  disabled?: boolean
}) {
  return (
    <label className="flex items-start gap-3">
      <input
        type="checkbox"
        checked={on}
        disabled={!!disabled}
        onChange={(event) => onChange(event.target.checked)}
        className="mt-0.5 size-4 shrink-0 accent-accent"
      />
      <span>
        <span className="block font-medium">{label}</span>
        {help && <span className="block text-caption text-ink3">{help}</span>}
      </span>
    </label>
  )
}

export function copy(text: string) {
  void navigator.clipboard?.writeText(text).then(() => toast(t.card.copied))
}

export function CopyButton({ text, label, look }: { text: string; label?: string; look?: 'main' | 'outline' }) {
  return (
    <Button look={look ?? 'outline'} tall="yes" onClick={() => copy(text)}>
      <Copy size={16} aria-hidden="true" />
      {label ?? t.cabinet.copyLink}
    </Button>
  )
}

/** What is shown once: a token, a secret. Closing is the reader's own act. */
export function ShownOnce({ title, text, label, value, onClose }: { title: string; text: string; label: string; value: string; onClose: () => void }) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p className="mb-3 text-ink2">{text}</p>
      <div className="flex gap-2">
        <input
          readOnly
          data-shown-once
          aria-label={label}
          value={value}
          onFocus={(event) => event.target.select()}
          className={`${inputClass} h-10 font-mono text-second`}
        />
        <CopyButton text={value} look="main" />
      </div>
      <div className="mt-4 flex justify-end">
        <Button onClick={onClose}>{s().keptIt}</Button>
      </div>
    </Dialog>
  )
}

/**
 * Asks before what cannot be taken back; `typed` must be written letter by letter. While what `onYes`
 * answers is under way, it is not done a second time.
 */
export function Confirm({
  title,
  text,
  action,
  typed,
  onClose,
  onYes,
}: {
  title: string
  text: string
  action: string
  typed?: string
  onClose: () => void
  onYes: () => unknown
}) {
  const [name, setName] = useState('')
  const [busy, setBusy] = useState(false)
  const ready = !busy && (typed === undefined || name.trim() === typed)
  const yes = async () => {
    setBusy(true)
    try {
      await onYes()
    } finally {
      setBusy(false)
    }
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (ready) void yes()
        }}
      >
        <p className="mb-4 text-ink2">{text}</p>
        {typed !== undefined && (
          <div className="mb-4">
            <TextField
              label={s().typeName(typed)}
              value={name}
              autoComplete="off"
              onChange={(event) => setName(event.target.value)}
            />
          </div>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button type="submit" look="danger" disabled={!ready}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

export function Chip({ tone = 'plain', children }: { tone?: 'plain' | 'good' | 'warn' | 'bad'; children: ReactNode }) {
  const tones = {
    plain: 'bg-hover text-ink2',
    good: 'bg-green-soft text-green',
    warn: 'bg-amber-soft text-amber',
    bad: 'bg-red-soft text-red',
  }
  return (
    <span className={`inline-flex h-6 shrink-0 items-center rounded-full px-2.5 text-caption font-medium whitespace-nowrap ${tones[tone]}`}>
      {children}
    </span>
  )
}

/** A table that scrolls sideways by itself on a narrow screen. */
export function Table({ label, heads, children }: { label: string; heads: readonly string[]; children: ReactNode }) {
  return (
    <div className={`${card} relative overflow-x-auto`} tabIndex={0} role="region" aria-label={label}>
      <table className="w-full border-collapse text-left">
        <thead>
          <tr className="border-b border-line text-caption text-ink3">
            {heads.map((head, index) => (
              <th key={index} scope="col" className="px-4 py-2.5 font-medium whitespace-nowrap">
                {head || <span className="sr-only">{s().deeds}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="[&>tr]:border-b [&>tr]:border-line [&>tr:last-child]:border-0 [&_td]:px-4 [&_td]:py-3 [&_td]:align-middle">
          {children}
        </tbody>
      </table>
    </div>
  )
}

export function More({ next, busy, more }: { next: boolean; busy: boolean; more: () => void }) {
  if (!next) return null
  return (
    <div className="mt-3 flex justify-center">
      <Button disabled={busy} onClick={more}>
        {s().showMore}
      </Button>
    </div>
  )
}
