import { Copy, Mail, Pencil, Phone, Plus, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { api, ask } from '../../kit/api/client'
import type { Contact, Conversation } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { date, phone } from '../../kit/i18n/format'
import { go } from '../../kit/route'
import { has } from '../../kit/session'
import { Avatar } from '../../kit/ui/avatar'
import { Button, IconButton } from '../../kit/ui/button'
import { ChannelBadge } from '../../kit/ui/channel-badge'
import { inputClass } from '../../kit/ui/field'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { useDesk, useDeskState } from '../context'
import { chatName } from '../list/row'
import { deskPath } from '../path'
import type { Chat } from '../store/state'
import { Tags } from './tags'

export function ContactCard({
  chat,
  onClose,
  onOpen,
}: {
  chat: Chat
  onClose: () => void
  onOpen: (id: string) => void
}) {
  const contact = useDeskState((state) => state.contacts.get(chat.contact_id))
  const channel = useDeskState((state) => state.channels.get(chat.channel_id))
  return (
    <>
      <button
        type="button"
        aria-label={t.card.hide}
        tabIndex={-1}
        onClick={onClose}
        className="absolute inset-0 z-10 bg-[rgb(0_0_0/0.35)] min-[1240px]:hidden"
      />
      <aside
        aria-label={t.card.title}
        tabIndex={0}
        className="z-20 w-[328px] max-w-full shrink-0 overflow-y-auto border-l border-line bg-pane -outline-offset-2 max-[1239px]:absolute max-[1239px]:inset-y-0 max-[1239px]:right-0 max-[1239px]:shadow-float"
      >
        <div className="relative flex flex-col items-center border-b border-line px-5 pt-6 pb-5 text-center">
          <IconButton label={t.card.hide} className="absolute top-3 right-3 min-[1240px]:hidden" onClick={onClose}>
            <X size={18} />
          </IconButton>
          <Avatar name={chatName(chat)} kind={channel?.kind} size="large" />
          {contact && <Name contact={contact} shown={contact.name.trim() || chatName(chat)} />}
          {contact && (
            <p className="mt-0.5 text-second text-ink3">
              {t.card.since(date(contact.created_at))} · {t.chat.number(chat.number)}
            </p>
          )}
          {contact && <Identities contact={contact} current={chat.identity_id} />}
        </div>
        {contact && <Reach contact={contact} />}
        {contact && (
          <Part title={t.card.contactTags}>
            <Tags what="contact" id={contact.contact_id} on={contact.tags} />
          </Part>
        )}
        <Part title={t.card.chatTags}>
          <Tags what="conversation" id={chat.conversation_id} on={chat.tags ?? []} />
        </Part>
        <Source chat={chat} />
        <History chat={chat} onOpen={onOpen} />
      </aside>
    </>
  )
}

function Part({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section className="border-b border-line px-5 py-4">
      <h3 className="mb-2 text-second font-semibold text-ink2">{title}</h3>
      {children}
    </section>
  )
}

function Name({ contact, shown }: { contact: Contact; shown: string }) {
  const { desk, me } = useDesk()
  const [edited, setEdited] = useState<string | null>(null)
  if (edited === null) {
    return (
      <div className="mt-3 flex max-w-full items-center gap-1">
        <h2 className="min-w-0 text-heading font-semibold break-words">{shown}</h2>
        {has(me, 'manage_contacts') && (
          <IconButton label={t.card.rename} className="size-7" onClick={() => setEdited(contact.name)}>
            <Pencil size={14} />
          </IconButton>
        )}
      </div>
    )
  }
  const save = () => {
    const name = edited.trim()
    setEdited(null)
    if (!name || name === contact.name) return
    const params = { path: { contact_id: contact.contact_id } }
    desk
      .changeContact(contact.contact_id, ask(api.PATCH('/api/v1/contacts/{contact_id}', { params, body: { name } })))
      .catch(tellRefusal)
  }
  return (
    <input
      autoFocus
      aria-label={t.card.name}
      value={edited}
      onChange={(event) => setEdited(event.target.value)}
      onBlur={save}
      onKeyDown={(event) => {
        if (event.code === 'Enter') save()
        if (event.code === 'Escape') setEdited(null)
        event.stopPropagation()
      }}
      className={`${inputClass} mt-3 h-9 text-center`}
    />
  )
}

function Identities({ contact, current }: { contact: Contact; current: string }) {
  const channels = useDeskState((state) => state.channels)
  return (
    <ul className="mt-3 flex flex-wrap justify-center gap-1.5">
      {contact.identities.map((identity) => {
        const channel = channels.get(identity.channel_id)
        const handle = identity.username ? `@${identity.username.replace(/^@/, '')}` : ''
        return (
          <li
            key={identity.identity_id}
            title={[channel?.name, handle].filter(Boolean).join(' · ')}
            className={`flex max-w-full items-center gap-1.5 rounded-full border py-0.5 pr-2.5 pl-1 text-second ${identity.identity_id === current ? 'border-transparent bg-accent-soft text-accent-text' : 'border-edge text-ink2'}`}
          >
            <ChannelBadge kind={channel?.kind ?? ''} />
            <span className="truncate">{handle || channel?.name || t.card.removedChannel}</span>
            {!identity.reachable && <span className="text-red">{t.card.blocked}</span>}
          </li>
        )
      })}
    </ul>
  )
}

function Reach({ contact }: { contact: Contact }) {
  const { desk, me } = useDesk()
  const [adding, setAdding] = useState<string | null>(null)
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
          />
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
}: {
  icon: React.ReactNode
  text: string
  copy: string
  onRemove: (() => void) | null
}) {
  return (
    <li className="group flex min-h-7 items-center gap-2.5">
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
    </li>
  )
}

function Source({ chat }: { chat: Chat }) {
  const { site, page, page_title, campaign, source, referrer, utm, start_payload } = chat.attribution
  const rows: [string, string | null | undefined][] = [
    [t.card.site, site],
    [t.card.page, page_title || page],
    [t.card.campaign, campaign],
    [t.card.source, source],
    [t.card.referrer, referrer],
    [t.card.start, start_payload],
    ...Object.entries(utm ?? {}).map(([key, value]): [string, string] => [`utm_${key}`, String(value)]),
  ]
  const told = rows.filter(([, value]) => value)
  if (told.length === 0) return null
  return (
    <Part title={t.card.sourceTitle}>
      <dl className="grid grid-cols-[minmax(84px,max-content)_1fr] gap-x-3 gap-y-1 text-second">
        {told.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-ink3">{name}</dt>
            <dd className="min-w-0 break-words">{value}</dd>
          </div>
        ))}
      </dl>
    </Part>
  )
}

function History({ chat, onOpen }: { chat: Chat; onOpen: (id: string) => void }) {
  const channels = useDeskState((state) => state.channels)
  const [items, setItems] = useState<Conversation[]>([])
  const { contact_id } = chat
  useEffect(() => {
    let gone = false
    ask(api.GET('/api/v1/conversations', { params: { query: { contact_id, limit: 20 } } })).then(
      (page) => !gone && setItems(page.items),
      () => {},
    )
    return () => {
      gone = true
    }
  }, [contact_id, chat.state])
  const others = items.filter((item) => item.conversation_id !== chat.conversation_id)
  if (others.length === 0) return null
  return (
    <section className="px-3 py-4">
      <h3 className="mb-1 px-2 text-second font-semibold text-ink2">{t.card.history}</h3>
      <ul>
        {others.map((item) => (
          <li key={item.conversation_id}>
            <button
              type="button"
              onClick={() =>
                item.state === chat.state
                  ? onOpen(item.conversation_id)
                  : go(deskPath({ tab: item.state, open: item.conversation_id }))
              }
              className="flex w-full items-start gap-3 rounded-control px-2 py-1.5 text-left hover:bg-hover"
            >
              <ChannelBadge kind={channels.get(item.channel_id)?.kind ?? ''} size="mt-0.5 size-5" />
              <span className="min-w-0 flex-1">
                <span className="block truncate text-second">{item.subject || item.preview || t.chat.number(item.number)}</span>
                <span className="block text-caption text-ink3">
                  {date(item.opened_at)} · {t.states[item.state]}
                </span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
