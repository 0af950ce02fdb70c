import { Copy } from 'lucide-react'
import type { ChannelDetails } from '../../kit/api/types'
import { words } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { Button } from '../../kit/ui/button'
import { Field, inputClass } from '../../kit/ui/field'
import { card, copy } from '../parts/bits'

/** What a person copies from here into the service's own settings: an address, a key. */
export function HandOver({ channel }: { channel: ChannelDetails }) {
  const f = s().channels
  const values = channel.hand_over
  if (values.length === 0) return null
  return (
    <section data-hand-over className={`${card} max-w-[640px] space-y-4 p-6 max-[759px]:p-4`}>
      <div>
        <h2 className="text-heading font-semibold">{f.handOver}</h2>
        <p className="mt-0.5 text-second text-ink2">{f.handOverHint}</p>
      </div>
      {values.map((one) => {
        const label = words(one.label)
        return (
          <Field key={one.label.en} label={label} help={one.help ? words(one.help) : undefined}>
            {(ids) => (
              <div className="flex gap-2">
                <input
                  {...ids}
                  readOnly
                  value={one.value}
                  onFocus={(event) => event.target.select()}
                  className={`${inputClass} h-10 min-w-0 bg-raised font-mono text-second`}
                />
                <Button tall="yes" aria-label={`${f.copyValue}: ${label}`} onClick={() => copy(one.value)}>
                  <Copy size={16} aria-hidden="true" />
                  <span className="max-[519px]:sr-only">{f.copyValue}</span>
                </Button>
              </div>
            )}
          </Field>
        )
      })}
    </section>
  )
}
