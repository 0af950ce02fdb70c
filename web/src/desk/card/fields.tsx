import { ExternalLink } from 'lucide-react'
import { useState } from 'react'
import { api, ask } from '../../kit/api/client'
import type { Contact } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { date } from '../../kit/i18n/format'
import { has } from '../../kit/session'
import { inputClass } from '../../kit/ui/field'
import { tellRefusal } from '../../kit/ui/toast'
import { useDesk, useDeskState } from '../context'
import type { ContactField } from '../store/talk-api'
import { faultOf, valueOf } from './field-values'
import { Part } from './part'

/** What the company keeps of each customer, changed where it stands. */
export function Fields({ contact }: { contact: Contact }) {
  const fields = useDeskState((state) => state.fields)
  const known = new Set(fields.map((field) => field.key))
  // Fields that were given from outside and have no description here.
  const others = Object.keys(contact.fields).filter((key) => !known.has(key) && valueOf(contact, key))
  if (fields.length === 0 && others.length === 0) return null
  return (
    <Part title={t.talk.card.fields}>
      <dl className="grid grid-cols-[minmax(84px,max-content)_1fr] items-start gap-x-3 gap-y-0.5 text-second">
        {[...fields]
          .sort((a, b) => a.position - b.position)
          .map((field) => (
            <div key={field.key} className="contents">
              <dt className="max-w-32 py-1 break-words text-ink3">{field.name}</dt>
              <dd className="min-w-0">
                <Value field={field} contact={contact} />
              </dd>
            </div>
          ))}
        {others.map((key) => (
          <div key={key} className="contents">
            <dt className="max-w-32 py-1 break-words text-ink3">{key}</dt>
            <dd className="min-w-0 py-1 break-words">{valueOf(contact, key)}</dd>
          </div>
        ))}
      </dl>
    </Part>
  )
}

function Value({ field, contact }: { field: ContactField; contact: Contact }) {
  const { desk, me } = useDesk()
  const [typed, setTyped] = useState<string | null>(null)
  const value = valueOf(contact, field.key)
  const may = has(me, 'manage_contacts')
  const fault = typed === null ? null : faultOf(field.kind, typed)

  const save = (text: string) => {
    const next = text.trim()
    if (faultOf(field.kind, next)) return
    setTyped(null)
    if (next === value) return
    const params = { path: { contact_id: contact.contact_id } }
    // The description leaves own fields open, which the generator reads as having none.
    const body = { fields: { [field.key]: next || null } as Record<string, never> }
    desk
      .changeContact(contact.contact_id, ask(api.PATCH('/api/v1/contacts/{contact_id}', { params, body })))
      .catch(tellRefusal)
  }

  if (typed === null) {
    const said = shown(field, value) || t.talk.card.empty
    return (
      <span className="flex items-center gap-1">
        {may ? (
          <button
            type="button"
            aria-label={`${t.talk.card.change(field.name)}. ${said}`}
            onClick={() => setTyped(value)}
            className={`-mx-1.5 min-w-0 rounded-control px-1.5 py-1 text-left break-words hover:bg-hover ${value ? '' : 'text-ink3'}`}
          >
            {said}
          </button>
        ) : (
          <span className="py-1 break-words">{shown(field, value) || '—'}</span>
        )}
        {field.kind === 'link' && /^https?:\/\//i.test(value) && (
          <a
            href={value}
            target="_blank"
            rel="noreferrer noopener"
            aria-label={t.talk.card.openLink}
            title={t.talk.card.openLink}
            className="grid size-7 shrink-0 place-items-center rounded-control text-accent-text hover:bg-hover"
          >
            <ExternalLink size={14} aria-hidden="true" />
          </a>
        )}
      </span>
    )
  }
  if (field.kind === 'choice') {
    return (
      <select
        autoFocus
        aria-label={field.name}
        value={typed}
        onChange={(event) => save(event.target.value)}
        onBlur={() => setTyped(null)}
        onKeyDown={(event) => {
          if (event.code === 'Escape') setTyped(null)
          event.stopPropagation()
        }}
        className={`${inputClass} h-8 text-second`}
      >
        <option value="">{t.talk.card.notChosen}</option>
        {[...new Set([...field.choices, ...(value ? [value] : [])])].map((choice) => (
          <option key={choice}>{choice}</option>
        ))}
      </select>
    )
  }
  return (
    <>
      <input
        autoFocus
        aria-label={field.name}
        aria-invalid={fault ? true : undefined}
        type={field.kind === 'date' ? 'date' : 'text'}
        inputMode={field.kind === 'number' ? 'decimal' : field.kind === 'link' ? 'url' : undefined}
        value={typed}
        maxLength={1000}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={() => (fault ? setTyped(null) : save(typed))}
        onKeyDown={(event) => {
          if (event.code === 'Enter' || event.code === 'NumpadEnter') save(typed)
          if (event.code === 'Escape') setTyped(null)
          event.stopPropagation()
        }}
        className={`${inputClass} h-8 text-second`}
      />
      {fault && (
        <p role="alert" className="text-caption text-red">
          {fault === 'number' ? t.talk.card.badNumber : t.talk.card.badLink}
        </p>
      )}
    </>
  )
}

function shown(field: ContactField, value: string): string {
  return field.kind === 'date' && /^\d{4}-\d{2}-\d{2}$/.test(value) ? date(`${value}T12:00:00`) : value
}
