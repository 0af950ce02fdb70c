import { type FormEvent, type ReactNode, type RefObject, useEffect, useRef, useState } from 'react'
import { fieldErrors, Refused } from '../../kit/api/client'
import type { Words } from '../../kit/api/types'
import { t, words } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { Button } from '../../kit/ui/button'
import { toast, whyRefused } from '../../kit/ui/toast'
import { blame } from './blame'
import { kept } from './kept'
import { Leaving } from './leaving'

export interface Form<T> {
  value: T
  set: (patch: Partial<T>) => void
  /** A field of a part of the value changed. */
  forget: (...fields: string[]) => void
  changed: boolean
  busy: boolean
  /** What is wrong with the form as a whole. */
  fault: string
  errors: Map<string, Words>
  /** What is wrong with one field. */
  told: (field: string) => string | undefined
  submit: (event?: FormEvent) => void
  reset: () => void
  ref: RefObject<HTMLFormElement | null>
}

/**
 * A form of the cabinet: what stands in it, what is wrong, whether it differs from what is stored.
 * `save` answers with what the server holds now, and that is what the form shows then, but for what was
 * changed meanwhile.
 */
export function useForm<T extends object>({
  first,
  save,
  fieldOf = {},
  also = [],
  silent = false,
}: {
  first: T
  save: (value: T) => Promise<T>
  /** A conflict is about one field: the problem's code, and the field's name. */
  fieldOf?: Record<string, string>
  /** Fields that are on the screen besides the keys of the value. */
  also?: readonly string[]
  /** The caller says that it is saved in its own way. */
  silent?: boolean
}): Form<T> {
  const [stored, setStored] = useState(first)
  const [value, setValue] = useState(first)
  const [errors, setErrors] = useState(new Map<string, Words>())
  const [fault, setFault] = useState('')
  const [busy, setBusy] = useState(false)
  const ref = useRef<HTMLFormElement>(null)
  const changed = JSON.stringify(value) !== JSON.stringify(stored)

  const [refusals, setRefusals] = useState(0)
  useEffect(() => {
    if (refusals > 0) ref.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus()
  }, [refusals])

  /** What was wrong with a field says nothing of what is typed into it now. */
  function forget(...fields: string[]) {
    const left = [...errors].filter(([name]) => !fields.includes(name.split(/[.[]/)[0] ?? name) && !fields.includes(name))
    if (left.length === errors.size) return
    setErrors(new Map(left))
    if (left.length === 0) setFault('')
  }

  async function run() {
    setBusy(true)
    setFault('')
    setErrors(new Map())
    try {
      const held = await save(value)
      setStored(held)
      setValue((now) => kept(value, now, held))
      if (!silent) toast(t.cabinet.saved)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      const { fields, rest } = blame(fieldErrors(error), error.problem, fieldOf, [...Object.keys(value), ...also])
      setErrors(fields)
      setRefusals((n) => n + 1)
      setFault(rest ? words(rest) : fields.size > 0 ? t.cabinet.checkFields : whyRefused(error))
    } finally {
      setBusy(false)
    }
  }

  return {
    value,
    set: (patch) => {
      setValue((now) => ({ ...now, ...patch }))
      forget(...Object.keys(patch))
    },
    forget,
    changed,
    busy,
    fault,
    errors,
    told: (field) => {
      // One wrong item of a list (`kinds[1]`) is told at the list.
      const inside = [...errors].find(([name]) => name.split(/[.[]/)[0] === field)?.[1]
      const error = errors.get(field) ?? inside
      return error && words(error)
    },
    submit: (event) => {
      event?.preventDefault()
      if (!busy) void run()
    },
    reset: () => {
      setValue(stored)
      setErrors(new Map())
      setFault('')
    },
    ref,
  }
}

export function Fault({ text }: { text: string }) {
  if (!text) return null
  return (
    <p role="alert" className="rounded-control bg-red-soft px-3 py-2 text-second text-red">
      {text}
    </p>
  )
}

/** A form on a page: one column, and a bar with what is not saved yet. */
export function PageForm<T>({
  form,
  title,
  hint,
  children,
}: {
  form: Form<T>
  title?: string
  hint?: string
  children: ReactNode
}) {
  return (
    <form
      ref={form.ref}
      noValidate
      onSubmit={form.submit}
      className="max-w-[640px] rounded-card border border-line bg-pane"
    >
      <div className="space-y-4 p-6 max-[759px]:p-4">
        {title && (
          <div>
            <h2 className="text-heading font-semibold">{title}</h2>
            {hint && <p className="mt-0.5 text-second text-ink2">{hint}</p>}
          </div>
        )}
        {children}
        <Fault text={form.fault} />
      </div>
      <UnsavedBar form={form} />
    </form>
  )
}

function UnsavedBar<T>({ form }: { form: Form<T> }) {
  if (!form.changed) return null
  return (
    <div
      data-unsaved
      className="sticky bottom-0 flex flex-wrap items-center gap-2 rounded-b-card border-t border-line bg-raised px-6 py-3 max-[759px]:px-4"
    >
      <span className="mr-auto text-second text-ink2">{s().unsaved}</span>
      <Button onClick={form.reset}>{t.cancel}</Button>
      <Button type="submit" look="main" disabled={form.busy}>
        {t.save}
      </Button>
      <Leaving />
    </div>
  )
}

/** A form in a dialog: the dialog's own buttons save it. */
export function DialogForm<T>({
  form,
  onClose,
  action,
  children,
  left,
}: {
  form: Form<T>
  onClose: () => void
  action?: string
  children: ReactNode
  left?: ReactNode
}) {
  // A dialog opened from within a form is a child of it for React: that form is not to be sent along.
  const submit = (event: FormEvent) => {
    event.stopPropagation()
    form.submit(event)
  }
  return (
    <form ref={form.ref} noValidate onSubmit={submit} className="space-y-4">
      {children}
      <Fault text={form.fault} />
      <div className="flex flex-wrap justify-end gap-2">
        {left && <div className="mr-auto">{left}</div>}
        <Button onClick={onClose}>{t.cancel}</Button>
        <Button type="submit" look="main" disabled={form.busy}>
          {action ?? t.save}
        </Button>
      </div>
    </form>
  )
}
