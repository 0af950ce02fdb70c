import { Copy, Mail, Phone, Plus, X } from 'lucide-react'
import { useState } from 'react'
import { api, ask } from '../../kit/api/client'
import type { Contact } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { phone } from '../../kit/i18n/format'
import { has } from '../../kit/session'
import { Button, IconButton } from '../../kit/ui/button'
import { inputClass } from '../../kit/ui/field'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { useDesk } from '../context'
import { CheckLine } from '../numbers/check-line'
import { useChecks } from '../numbers/use-checks'

/** Phones and addresses of a customer: copied, added, taken away. */
export function Reach({ contact }: { contact: Contact }) {
  const { desk, me } = useDesk()
  const [adding, setAdding] = useState<string | null>(null)
  const { checks, check } = useChecks(contact)
  const id = contact.contact_id
  const may = has(me, 'manage_contacts')
  const change = (request: Promise<unknown>) => desk.changeContact(id, request).catch(tellRefusal)
  const add = () => {
    const value = adding?.trim()
    setAdding(null)
    if (!value) return
    const params = { path: { contact_id: id } }
    void change(
      value.includes('@')
        ? ask(api.POST('/api/v1/contacts/{contact_id}/emails', { params, body: { email: value } }))
        : ask(api.POST('/api/v1/contacts/{contact_id}/phones', { params, body: { phone: value } })),
    )
  }
  return (
    <section aria-label={t.card.reach} className="border-b border-line px-5 py-4">
      <ul className="space-y-1">
        {contact.phones.map((one) => (
          <Line
            key={one}
            icon={<Phone size={15} />}
            text={phone(one)}
            copy={one}
            onRemove={
              may
                ? () => {
                    const params = { path: { contact_id: id, phone: one } }
                    void change(ask(api.DELETE('/api/v1/contacts/{contact_id}/phones/{phone}', { params })))
                  }
                : null
            }
          >
            {checks
              .filter((known) => known.phone === one)
              .map((known) => (
                <CheckLine key={known.channel_id} check={known} onCheck={check} />
              ))}
          </Line>
        ))}
        {contact.emails.map((one) => (
          <Line
            key={one}
            icon={<Mail size={15} />}
            text={one}
            copy={one}
            onRemove={
              may
                ? () => {
                    const params = { path: { contact_id: id, email: one } }
                    void change(ask(api.DELETE('/api/v1/contacts/{contact_id}/emails/{email}', { params })))
                  }
                : null
            }
          />
        ))}
      </ul>
      {may && adding === null && (
        <Button look="quiet" className="-ml-2 px-2 text-ink3" onClick={() => setAdding('')}>
          <Plus size={15} aria-hidden="true" />
          {t.card.addReach}
        </Button>
      )}
      {adding !== null && (
        <input
          autoFocus
          aria-label={t.card.addReach}
          placeholder={t.card.reachPlaceholder}
          value={adding}
          onChange={(event) => setAdding(event.target.value)}
          onBlur={add}
          onKeyDown={(event) => {
            if (event.code === 'Enter') add()
            if (event.code === 'Escape') setAdding(null)
            event.stopPropagation()
          }}
          className={`${inputClass} mt-1 h-8 text-second`}
        />
      )}
    </section>
  )
}

function Line({
  icon,
  text,
  copy,
  onRemove,
  children,
}: {
  icon: React.ReactNode
  text: string
  copy: string
  onRemove: (() => void) | null
  /** What is known of it, as items of a list. */
  children?: React.ReactNode[]
}) {
  return (
    <li>
      <div className="group flex min-h-7 items-center gap-2.5">
        <span className="text-ink3">{icon}</span>
        <span className="num min-w-0 flex-1 truncate">{text}</span>
        <span className="flex opacity-0 group-focus-within:opacity-100 group-hover:opacity-100">
          <IconButton
            label={t.card.copy(text)}
            className="size-7"
            onClick={() => navigator.clipboard?.writeText(copy).then(() => toast(t.card.copied))}
          >
            <Copy size={14} />
          </IconButton>
          {onRemove && (
            <IconButton label={t.card.removeReach(text)} className="size-7" onClick={onRemove}>
              <X size={14} />
            </IconButton>
          )}
        </span>
      </div>
      {children && children.length > 0 && <ul className="mb-1 ml-[25px] space-y-0.5">{children}</ul>}
    </li>
  )
}
