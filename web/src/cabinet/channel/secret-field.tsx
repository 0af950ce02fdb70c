import { Dices, KeyRound } from 'lucide-react'
import { useLayoutEffect, useRef, useState } from 'react'
import { s } from '../../kit/i18n/cabinet-settings'
import { Button } from '../../kit/ui/button'
import { Field, inputClass, TextField } from '../../kit/ui/field'
import { ownSecret } from './own-secret'

/** A secret is never shown once it is stored: it can be replaced. One that the company makes up
 * itself (`own`, its length) is shown while it is typed, and a random one is offered. */
export function SecretField({
  label,
  help,
  error,
  kept,
  required,
  own,
  value,
  onChange,
}: {
  label: string
  help: string | undefined
  error: string | undefined
  kept: boolean
  required: boolean
  own?: number
  value: string
  onChange: (value: string) => void
}) {
  const [replacing, setReplacing] = useState(false)
  /** The button to replace it takes the place of a field that had the focus. */
  const [back, setBack] = useState(false)
  const box = useRef<HTMLDivElement>(null)
  const typed = useRef(value)
  const type = (text: string) => {
    typed.current = text
    onChange(text)
  }
  useLayoutEffect(() => {
    if (typed.current === value) return
    typed.current = value
    // Emptied by nobody here: it was saved or taken back, and is a stored one again.
    if (value) return
    setBack(!!box.current?.contains(document.activeElement))
    setReplacing(false)
  }, [value])
  const f = s().channels
  if (kept && !replacing && !value && !error) {
    return (
      <div role="group" aria-label={label}>
        <p className="mb-1 text-second font-medium text-ink2">{label}</p>
        <div className="flex items-center gap-2">
          <p className="flex h-10 min-w-0 flex-1 items-center gap-2 rounded-control border border-line bg-raised px-3 text-ink2">
            <KeyRound size={15} className="shrink-0" aria-hidden="true" />
            <span aria-hidden="true">••••••••</span>
            <span className="truncate text-caption">{f.secretStored}</span>
          </p>
          <Button tall="yes" autoFocus={back} aria-label={`${f.replaceSecret}: ${label}`} onClick={() => setReplacing(true)}>
            {f.replaceSecret}
          </Button>
        </div>
        {help && <p className="mt-1 text-caption text-ink3">{help}</p>}
      </div>
    )
  }
  return (
    <div ref={box} className="flex items-start gap-2">
      <div className="min-w-0 flex-1">
        {own === undefined ? (
          <TextField
            label={label}
            help={help}
            error={error}
            type="password"
            autoComplete="new-password"
            autoFocus={replacing}
            required={required && !kept}
            value={value}
            onChange={(event) => type(event.target.value)}
          />
        ) : (
          <Field label={label} help={help} error={error} required={required && !kept}>
            {(ids) => (
              <div className="flex flex-wrap gap-2">
                <input
                  {...ids}
                  value={value}
                  autoComplete="off"
                  autoFocus={replacing}
                  spellCheck={false}
                  onChange={(event) => type(event.target.value)}
                  className={`${inputClass} h-10 min-w-0 flex-1 basis-56 font-mono text-second`}
                />
                <Button tall="yes" aria-label={`${f.makeUp}: ${label}`} onClick={() => type(ownSecret(own))}>
                  <Dices size={16} aria-hidden="true" />
                  {f.makeUp}
                </Button>
              </div>
            )}
          </Field>
        )}
      </div>
      {kept && (
        <Button
          tall="yes"
          className="mt-[22px]"
          onClick={() => {
            setReplacing(false)
            setBack(true)
            type('')
          }}
        >
          {f.keepSecret}
        </Button>
      )}
    </div>
  )
}
