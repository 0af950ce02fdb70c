import { ArrowDown, Mail, Phone, Tag as TagIcon } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { api, ask, Refused } from '../../kit/api/client'
import type { Contact } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { date, phone } from '../../kit/i18n/format'
import { Avatar } from '../../kit/ui/avatar'
import { Button } from '../../kit/ui/button'
import { ChannelBadge, signOf } from '../../kit/ui/channel-badge'
import { Dialog } from '../../kit/ui/dialog'
import { inputClass } from '../../kit/ui/field'
import { tellRefusal, toast, whyRefused } from '../../kit/ui/toast'
import { useDesk, useDeskState } from '../context'
import { gain, likely } from './merging'
import { rereadChats } from './reread'

const PAUSE = 250
const nameOf = (contact: Contact) => contact.name.trim() || t.chat.guest

/** One person who is there twice: the other is found, what becomes common is shown, then they are joined. */
export default function Merge({ contact, onClose }: { contact: Contact; onClose: () => void }) {
  const [chosen, choose] = useState<Contact | null>(null)
  return (
    <Dialog title={t.talk.card.mergeTitle} onClose={onClose}>
      {chosen ? (
        <Preview kept={contact} joining={chosen} onBack={() => choose(null)} onClose={onClose} />
      ) : (
        <Find contact={contact} onChoose={choose} />
      )}
    </Dialog>
  )
}

function Find({ contact, onChoose }: { contact: Contact; onChoose: (other: Contact) => void }) {
  const [query, setQuery] = useState('')
  const [found, setFound] = useState<Contact[] | null>(null)
  const [fault, setFault] = useState('')
  // Before anything is typed: those with the same name or number.
  const asked = query.trim() || contact.phones[0] || contact.emails[0] || contact.name.trim()
  useEffect(() => {
    if (!asked) return
    let gone = false
    const timer = setTimeout(() => {
      ask(api.GET('/api/v1/search', { params: { query: { q: asked, limit: 20 } } })).then(
        ({ contacts }) => {
          if (gone) return
          setFound(likely(contact, contacts))
          setFault('')
        },
        (error: unknown) => {
          if (!(error instanceof Refused)) throw error
          if (!gone) setFault(whyRefused(error))
        },
      )
    }, PAUSE)
    return () => {
      gone = true
      clearTimeout(timer)
    }
  }, [asked, contact])
  return (
    <>
      <input
        autoFocus
        type="search"
        aria-label={t.talk.card.mergeSearch}
        placeholder={t.talk.card.mergeSearch}
        value={query}
        onChange={(event) => setQuery(event.target.value)}
        className={`${inputClass} h-10`}
      />
      {fault && (
        <p role="alert" className="mt-2 text-second text-red">
          {fault}
        </p>
      )}
      <ul className="-mx-2 mt-2">
        {found?.map((other) => (
          <li key={other.contact_id}>
            <button
              type="button"
              onClick={() => onChoose(other)}
              className="w-full rounded-control px-2 py-1.5 text-left hover:bg-hover"
            >
              <Person contact={other} />
            </button>
          </li>
        ))}
      </ul>
      {found?.length === 0 && (
        <p role="status" className="mt-3 text-second text-ink2">
          {query.trim() ? t.talk.card.mergeNothing : t.talk.card.mergeStart}
        </p>
      )}
    </>
  )
}

function Person({ contact }: { contact: Contact }) {
  const channels = useDeskState((state) => state.channels)
  const known = [...contact.phones.map(phone), ...contact.emails, ...contact.identities.map((one) => one.username && `@${one.username}`)]
  return (
    <span className="flex items-center gap-3">
      <Avatar name={nameOf(contact)} kind={signOf(channels.get(contact.identities[0]?.channel_id ?? ''))} />
      <span className="min-w-0 flex-1">
        <span className="block truncate font-medium">{nameOf(contact)}</span>
        <span className="num block truncate text-second text-ink2">
          {known.filter(Boolean).join(' · ') || t.card.since(date(contact.created_at))}
        </span>
      </span>
    </span>
  )
}

function Preview({
  kept,
  joining,
  onBack,
  onClose,
}: {
  kept: Contact
  joining: Contact
  onBack: () => void
  onClose: () => void
}) {
  const { desk } = useDesk()
  const channels = useDeskState((state) => state.channels)
  const tags = useDeskState((state) => state.tags)
  const fields = useDeskState((state) => state.fields)
  const [busy, setBusy] = useState(false)
  const more = gain(kept, joining)
  const nothing = more.phones.length + more.emails.length + more.identities.length + more.tags.length + more.fields.length === 0

  async function merge() {
    setBusy(true)
    const params = { path: { contact_id: kept.contact_id } }
    try {
      const request = ask(api.POST('/api/v1/contacts/{contact_id}/merge', { params, body: { contact_id: joining.contact_id } }))
      await desk.changeContact(kept.contact_id, request)
      await rereadChats(desk, [kept.contact_id, joining.contact_id])
      toast(t.talk.card.merged(nameOf(kept)))
      onClose()
    } catch (error) {
      setBusy(false)
      tellRefusal(error)
    }
  }

  return (
    <>
      <p className="mb-1 text-caption font-semibold text-ink3">{t.talk.card.mergeFrom}</p>
      <Person contact={joining} />
      <div className="my-1 flex justify-center text-ink3">
        <ArrowDown size={18} aria-hidden="true" />
      </div>
      <p className="mb-1 text-caption font-semibold text-ink3">{t.talk.card.mergeInto}</p>
      <Person contact={kept} />
      <div className="mt-4 rounded-card border border-line bg-raised px-4 py-3">
        <h3 className="mb-1.5 text-second font-semibold text-ink2">{t.talk.card.mergeWhat}</h3>
        <ul className="space-y-1 text-second">
          {more.phones.map((one) => (
            <Line key={one} icon={<Phone size={15} />} text={phone(one)} />
          ))}
          {more.emails.map((one) => (
            <Line key={one} icon={<Mail size={15} />} text={one} />
          ))}
          {more.identities.map((one) => (
            <Line
              key={one.identity_id}
              icon={<ChannelBadge kind={signOf(channels.get(one.channel_id))} size="size-4" />}
              text={[channels.get(one.channel_id)?.name ?? t.card.removedChannel, one.username && `@${one.username}`].filter(Boolean).join(' · ')}
            />
          ))}
          {more.tags.map((one) => (
            <Line key={one} icon={<TagIcon size={15} />} text={tags.get(one)?.name ?? ''} />
          ))}
          {more.fields.map((key) => (
            <Line
              key={key}
              icon={null}
              text={`${fields.find((field) => field.key === key)?.name ?? key}: ${String((joining.fields as Record<string, unknown>)[key])}`}
            />
          ))}
        </ul>
        {nothing && <p className="text-second">{t.talk.card.mergeNoneAdded}</p>}
        <p className="mt-2 text-second text-ink2">
          {t.talk.card.mergeChats}. {t.talk.card.mergeBack}
        </p>
      </div>
      <div className="mt-4 flex justify-end gap-2">
        <Button onClick={onBack}>{t.talk.card.mergeOther}</Button>
        <Button look="main" disabled={busy} onClick={() => void merge()}>
          {t.talk.card.mergeDo}
        </Button>
      </div>
    </>
  )
}

function Line({ icon, text }: { icon: ReactNode; text: string }) {
  return (
    <li className="flex items-center gap-2">
      <span className="grid w-4 shrink-0 place-items-center text-ink3">{icon}</span>
      <span className="num min-w-0 break-words">{text}</span>
    </li>
  )
}
