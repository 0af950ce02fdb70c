import { Ban, GitMerge, MoreHorizontal, Pencil } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { api, ask } from '../../kit/api/client'
import type { Contact } from '../../kit/api/types'
import { language, t } from '../../kit/i18n'
import { date } from '../../kit/i18n/format'
import { useNow } from '../../kit/now'
import { has } from '../../kit/session'
import { Avatar } from '../../kit/ui/avatar'
import { IconButton } from '../../kit/ui/button'
import { ChannelBadge, signOf } from '../../kit/ui/channel-badge'
import { inputClass } from '../../kit/ui/field'
import { Menu, MenuItem } from '../../kit/ui/menu'
import { tellRefusal } from '../../kit/ui/toast'
import { useDesk, useDeskState } from '../context'
import { chatName } from '../list/row'
import type { Chat } from '../store/state'
import { timeThere, zoneOf } from './zone'

const Merge = lazy(() => import('./merge'))
const Black = lazy(() => import('./black'))

/** Who the customer is: the name, since when, where they write from. */
export function Head({ chat, contact }: { chat: Chat; contact: Contact | undefined }) {
  const { me } = useDesk()
  const channel = useDeskState((state) => state.channels.get(chat.channel_id))
  const [open, setOpen] = useState<'merge' | 'black' | null>(null)
  return (
    <div className="relative flex flex-col items-center border-b border-line px-5 pt-6 pb-5 text-center">
      {contact && has(me, 'manage_contacts') && (
        <span className="absolute top-3 left-3">
          <Menu
            trigger={
              <button
                type="button"
                aria-label={t.talk.card.more}
                title={t.talk.card.more}
                className="grid size-8 place-items-center rounded-control text-ink2 hover:bg-hover"
              >
                <MoreHorizontal size={18} />
              </button>
            }
          >
            <MenuItem icon={<GitMerge size={16} />} onClick={() => setOpen('merge')}>
              {t.talk.card.merge}
            </MenuItem>
            <MenuItem icon={<Ban size={16} />} tone="danger" onClick={() => setOpen('black')}>
              {t.talk.card.black}
            </MenuItem>
          </Menu>
        </span>
      )}
      <Avatar name={chatName(chat)} kind={signOf(channel)} size="large" />
      {contact && <Name key={contact.contact_id} contact={contact} shown={contact.name.trim() || chatName(chat)} />}
      {contact && (
        <p className="mt-0.5 text-second text-ink3">
          {t.card.since(date(contact.created_at))} · {chat.is_first ? t.talk.card.first.toLocaleLowerCase() : t.talk.card.repeat.toLocaleLowerCase()}
        </p>
      )}
      {contact && <LocalTime contact={contact} />}
      {contact && <Identities contact={contact} current={chat.identity_id} />}
      {contact && (
        <Suspense>
          {open === 'merge' && <Merge contact={contact} onClose={() => setOpen(null)} />}
          {open === 'black' && <Black contact={contact} onClose={() => setOpen(null)} />}
        </Suspense>
      )}
    </div>
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
        if (event.code === 'Enter' || event.code === 'NumpadEnter') save()
        if (event.code === 'Escape') setEdited(null)
        event.stopPropagation()
      }}
      className={`${inputClass} mt-3 h-9 text-center`}
    />
  )
}

/** What time it is where the customer is, when that can be known and is not ours. */
function LocalTime({ contact }: { contact: Contact }) {
  const now = useNow()
  const zone = contact.phones.map(zoneOf).find(Boolean)
  if (!zone) return null
  const there = timeThere(zone, now, language)
  const here = timeThere(Intl.DateTimeFormat().resolvedOptions().timeZone, now, language)
  if (!there || there === here) return null
  return <p className="num text-second text-ink3">{t.talk.card.localTime(there)}</p>
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
            <ChannelBadge kind={signOf(channel)} />
            <span className="truncate">{handle || channel?.name || t.card.removedChannel}</span>
            {!identity.reachable && <span className="text-red">{t.card.blocked}</span>}
          </li>
        )
      })}
    </ul>
  )
}
