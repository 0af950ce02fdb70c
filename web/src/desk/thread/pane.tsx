import { ArrowLeft, CircleCheck, Eye, LogIn, MoreHorizontal, PanelRight, Search, UserRoundCheck } from 'lucide-react'
import { useState } from 'react'
import type { Message } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { phone } from '../../kit/i18n/format'
import { modLabel, useKeys } from '../../kit/keys'
import { has } from '../../kit/session'
import { Avatar } from '../../kit/ui/avatar'
import { signOf } from '../../kit/ui/channel-badge'
import { Button, IconButton } from '../../kit/ui/button'
import { Menu, MenuItem } from '../../kit/ui/menu'
import { tellRefusal } from '../../kit/ui/toast'
import { Composer } from '../composer/composer'
import { heldOf } from '../composer/held'
import { useDesk, useDeskState } from '../context'
import { chatName } from '../list/row'
import { listingLine } from '../listing'
import { lastEditable } from '../message/changing'
import type { Chat } from '../store/state'
import { FindBar } from './find-bar'
import { Thread } from './thread'
import { Transfer } from './transfer'

interface Props {
  id: string
  onBack: () => void
  onTake: (id: string) => void
  onClose: (id: string, then: 'stay' | 'next') => void
  onCard: () => void
  cardShown: boolean
}

export function Pane({ id, onBack, onTake, onClose, onCard, cardShown }: Props) {
  const { desk, me } = useDesk()
  const chat = useDeskState((state) => state.chats.get(id))
  const works = has(me, 'work_conversations')
  const [replyTo, setReplyTo] = useState<Message | null>(() => heldOf(id).replyTo)
  const [finding, setFinding] = useState(false)
  useKeys([
    [
      { code: 'KeyF', mod: true },
      () => {
        // The second press is the browser's own search.
        if (document.activeElement?.matches('[data-find-field]')) return false
        setFinding(true)
        document.querySelector<HTMLElement>('[data-find-field]')?.focus()
        return
      },
    ],
  ])
  const kind = useDeskState((state) => (chat ? state.channels.get(chat.channel_id)?.kind : undefined))
  const can = useDeskState((state) => (works && kind ? state.kinds.get(kind) : undefined))
  const canReply = chat?.state !== 'closed' && !!can?.replies
  const [editing, edit] = useState<string | null>(null)
  /** The last answer that may still be changed is; false: there is none. */
  const editLast = () => {
    const { threads, me } = desk.state
    const last = lastEditable(threads.get(id)?.items ?? [], me.employee_id, can, Date.now())
    if (last) edit(last.message_id)
    return !!last
  }
  return (
    <section aria-label={t.chat.conversation} className="flex min-w-0 flex-1 flex-col">
      {chat ? (
        <Header
          chat={chat}
          works={works}
          onBack={onBack}
          onTake={onTake}
          onClose={onClose}
          onCard={onCard}
          cardShown={cardShown}
          onFind={() => setFinding((on) => !on)}
        />
      ) : (
        <div className="h-16 shrink-0 border-b border-line bg-pane" />
      )}
      {finding && (
        <FindBar
          id={id}
          onClose={() => {
            setFinding(false)
            document.querySelector<HTMLElement>('[data-composer]')?.focus()
          }}
        />
      )}
      <Thread id={id} can={can} editing={editing} onEdit={edit} onReply={canReply ? setReplyTo : null} />
      {chat && works && <Composer chat={chat} replyTo={replyTo} onReplyTo={setReplyTo} onEditLast={editLast} />}
    </section>
  )
}

function Header({
  chat,
  works,
  onBack,
  onTake,
  onClose,
  onCard,
  cardShown,
  onFind,
}: Omit<Props, 'id'> & { chat: Chat; works: boolean; onFind: () => void }) {
  const { desk } = useDesk()
  const id = chat.conversation_id
  const me = useDeskState((state) => state.me.employee_id)
  const channel = useDeskState((state) => state.channels.get(chat.channel_id))
  const contact = useDeskState((state) => state.contacts.get(chat.contact_id))
  const assignee = useDeskState((state) => (chat.assignee_id ? state.employees.get(chat.assignee_id) : undefined))
  const name = chatName(chat)
  const known = contact?.phones[0] ? phone(contact.phones[0]) : contact?.emails[0]
  const { listing } = chat.attribution
  const about = [
    ...(listing ? [listingLine(listing)] : []),
    ...(known ? [known] : []),
    ...(channel ? [channel.name] : []),
    ...(assignee && assignee.employee_id !== me ? [t.chat.with(assignee.name)] : []),
    ...(chat.state === 'closed' ? [t.states.closed] : []),
  ]
  const others = chat.state === 'in_work' && chat.assignee_id !== me
  return (
    <header className="@container flex h-16 shrink-0 items-center gap-3 border-b border-line bg-pane px-5 max-[899px]:px-2">
      <IconButton label={t.back} className="min-[900px]:hidden" onClick={onBack}>
        <ArrowLeft size={20} />
      </IconButton>
      <Avatar name={name} kind={signOf(channel)} />
      <div className="min-w-0 flex-1">
        <h2 className="truncate text-heading leading-5 font-semibold">{name}</h2>
        <p title={about.join(' · ')} className="num truncate text-second text-ink3">
          {about.filter(Boolean).join(' · ')}
          <TypingNow id={id} />
        </p>
      </div>
      <Viewers id={id} />
      {works && chat.state === 'new' && (
        <Button look="main" onClick={() => onTake(id)}>
          <UserRoundCheck size={16} aria-hidden="true" />
          <span className="@max-[440px]:sr-only">{t.chat.take}</span>
        </Button>
      )}
      {works && others && (
        <Button onClick={() => void desk.join(id).catch(tellRefusal)}>
          <LogIn size={16} aria-hidden="true" />
          <span className="@max-[640px]:sr-only">{t.chat.join}</span>
        </Button>
      )}
      {works && chat.state !== 'closed' && (
        <>
          <Transfer chat={chat} />
          <Button title={t.chat.close} className="@max-[440px]:hidden" onClick={() => onClose(id, 'stay')}>
            <CircleCheck size={16} aria-hidden="true" />
            <span className="@max-[640px]:sr-only">{t.chat.close}</span>
            <kbd className="kbd @max-[760px]:hidden">⇧E</kbd>
          </Button>
          <span className="@min-[440px]:hidden">
            <Menu
              align="end"
              trigger={
                <button
                  type="button"
                  aria-label={t.more}
                  className="grid size-8 place-items-center rounded-control text-ink2 hover:bg-hover"
                >
                  <MoreHorizontal size={18} />
                </button>
              }
            >
              <MenuItem icon={<CircleCheck size={16} />} onClick={() => onClose(id, 'stay')}>
                {t.chat.close}
              </MenuItem>
              <MenuItem icon={<Search size={16} />} onClick={onFind}>
                {t.talk.find.open}
              </MenuItem>
            </Menu>
          </span>
        </>
      )}
      <IconButton data-find label={`${t.talk.find.open} (${modLabel}+F)`} className="@max-[440px]:hidden" onClick={onFind}>
        <Search size={18} />
      </IconButton>
      <IconButton
        label={cardShown ? t.card.hide : t.card.show}
        aria-pressed={cardShown}
        className={cardShown ? 'text-accent-text' : ''}
        onClick={onCard}
      >
        <PanelRight size={18} />
      </IconButton>
    </header>
  )
}

function TypingNow({ id }: { id: string }) {
  const typing = useDeskState((state) => state.typing.get(id))
  const who = useDeskState((state) => (typing ? state.employees.get(typing.who)?.name : undefined))
  if (!typing) return null
  return (
    <span className="text-green">
      {' · '}
      {typing.who === 'visitor' ? t.chat.typing : t.chat.colleagueTypes(who ?? t.chat.somebody)}
    </span>
  )
}

function Viewers({ id }: { id: string }) {
  const viewers = useDeskState((state) => state.viewing.get(id))
  const employees = useDeskState((state) => state.employees)
  if (!viewers?.length) return null
  const names = viewers.map((viewer) => employees.get(viewer)?.name ?? t.chat.somebody)
  const told = names.length === 1 ? t.talk.thread.viewing(names[0] ?? '') : t.talk.thread.viewingMany(names.join(', '))
  return (
    <span title={told} className="flex min-w-0 items-center gap-1.5 text-second text-ink3 max-[899px]:hidden">
      <Eye size={16} className="shrink-0" aria-hidden="true" />
      <span className="max-w-52 truncate @max-[760px]:sr-only">{told}</span>
      <span className="flex items-center @min-[760px]:hidden">
        {names.slice(0, 2).map((name) => (
          <Avatar key={name} name={name} size="small" />
        ))}
      </span>
    </span>
  )
}
