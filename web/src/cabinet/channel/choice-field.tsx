import { ListRestart, PencilLine } from 'lucide-react'
import { useRef, useState } from 'react'
import { s } from '../../kit/i18n/cabinet-settings'
import { Button } from '../../kit/ui/button'
import { Field, inputClass } from '../../kit/ui/field'
import { whyRefused } from '../../kit/ui/toast'
import { Select } from '../parts/bits'
import { Lacking, nameOf, type Offer, rows } from './choices'

/** A value out of what the service offers, fetched when asked for; or one typed by hand. */
export function ChoiceField({
  label,
  help,
  error,
  required,
  placeholder,
  value,
  read,
  onChange,
}: {
  label: string
  help: string | undefined
  error: string | undefined
  required: boolean
  placeholder: string | null
  value: string
  read: () => Promise<Offer[]>
  onChange: (value: string) => void
}) {
  const f = s().channels
  const [offers, setOffers] = useState<Offer[] | null>(null)
  const [typing, setTyping] = useState(true)
  const [busy, setBusy] = useState(false)
  const [told, setTold] = useState('')
  const group = useRef<HTMLDivElement>(null)
  /** What comes in the place of what had the focus gets it. */
  const focus = () => requestAnimationFrame(() => group.current?.querySelector<HTMLElement>('select, input')?.focus())

  async function ask() {
    setBusy(true)
    setTold('')
    try {
      const fresh = await read()
      setOffers(fresh)
      setTyping(fresh.length === 0)
      setTold(fresh.length === 0 ? f.noOffers : '')
      focus()
    } catch (why) {
      setTold(why instanceof Lacking ? f.fillFirst : whyRefused(why))
    } finally {
      setBusy(false)
    }
  }
  const load = busy ? f.loadingOffers : offers ? f.loadAgain : f.loadOffers
  const listed = offers !== null && offers.length > 0 && !typing
  return (
    <div ref={group}>
      <Field label={label} help={help} error={error ?? (told || undefined)} required={required}>
        {(ids) => (
          <div className="flex flex-wrap gap-2">
            <div className={`min-w-0 flex-1 ${listed ? 'basis-full' : 'basis-56'}`}>
              {listed ? (
                <Select {...ids} value={value} onChange={(event) => onChange(event.target.value)}>
                  {!value && <option value="">{f.chooseOffer}</option>}
                  {rows(offers, value).map((one) => (
                    <option key={one.value} value={one.value}>
                      {nameOf(one)}
                    </option>
                  ))}
                </Select>
              ) : (
                <input
                  {...ids}
                  value={value}
                  autoComplete="off"
                  placeholder={placeholder ?? undefined}
                  onChange={(event) => onChange(event.target.value)}
                  className={`${inputClass} h-10`}
                />
              )}
            </div>
            <Button {...(listed ? {} : { tall: 'yes' })} disabled={busy} aria-label={`${load}: ${label}`} onClick={() => void ask()}>
              <ListRestart size={16} aria-hidden="true" />
              {load}
            </Button>
            {listed && (
              <Button
                look="quiet"
                onClick={() => {
                  setTyping(true)
                  focus()
                }}
              >
                <PencilLine size={16} aria-hidden="true" />
                {f.typeOffer}
              </Button>
            )}
          </div>
        )}
      </Field>
      <p role="status" className="sr-only">
        {listed ? f.offersCame(offers.length) : ''}
      </p>
    </div>
  )
}
