import { memo } from 'react'
import { t } from '../../kit/i18n'
import { waited, when } from '../../kit/i18n/format'
import { useNow } from '../../kit/now'
import { previewOf } from '../../kit/preview'
import { Avatar } from '../../kit/ui/avatar'
import { signOf } from '../../kit/ui/channel-badge'
import { useDesk, useDeskState } from '../context'
import { draftKey } from '../store/drafts'
import { type Chat, unread } from '../store/state'

/** The name of a customer, or what stands for one. */
export const nameOf = (name: string) => name.trim() || t.chat.guest

/** Who has no name is known by a phone; a guest without one has the chat's number. */
export const chatName = (chat: { contact_name: string; contact_phone?: string | null; number: number }) =>
  chat.contact_name.trim() || chat.contact_phone || t.chat.guestNo(chat.number)

/** The height of a row: the list must know it before it is drawn. */
export const ROW = { comfortable: 76, compact: 56 }

interface Props {
  id: string
  open: boolean
  /** Boxes to tick stand in all rows, not only below the mouse. */
  selecting: boolean
  onOpen: (id: string) => void
}

export const Row = memo(function Row({ id, open, selecting, onOpen }: Props) {
  const chat = useDeskState((state) => state.chats.get(id))
  const kind = useDeskState((state) => (chat ? signOf(state.channels.get(chat.channel_id)) : undefined))
  const density = useDeskState((state) => state.preferences.density)
  const selected = useDeskState((state) => state.selected.has(id))
  const marked = useDeskState((state) => state.preferences.marked.includes(id))
  const compact = density === 'compact'
  const height = compact ? 'h-[56px]' : 'h-[76px]'
  if (!chat) return <div className={height} />
  const fresh = open ? 0 : unread(chat)
  const loud = fresh > 0 || marked
  const name = chatName(chat)
  return (
    <div className={`group relative ${height}`}>
      <button
        type="button"
        data-row={id}
        aria-current={open || undefined}
        onClick={() => onOpen(id)}
        className={`flex size-full items-start gap-3 px-4 text-left -outline-offset-2 ${compact ? 'py-2' : 'py-3'} ${open ? 'bg-selected' : selected ? 'bg-accent-soft' : 'hover:bg-hover'}`}
      >
        {open && <span className="absolute inset-y-0 left-0 w-[3px] bg-accent" />}
        <span className={`flex shrink-0 ${selecting ? 'invisible' : 'min-[900px]:group-has-[label:hover]:invisible'}`}>
          <Avatar name={name} kind={kind} />
        </span>
        <span className="min-w-0 flex-1">
          <span className="flex items-baseline gap-2">
            <span className={`min-w-0 flex-1 truncate ${loud ? 'font-semibold' : 'font-medium'}`}>{name}</span>
            {compact && chat.waiting_since && chat.state !== 'closed' && <WaitingChip since={chat.waiting_since} short />}
            <time dateTime={chat.last_message_at} className="num shrink-0 text-caption text-ink3">
              {when(chat.last_message_at)}
            </time>
          </span>
          <span className="mt-px flex items-center gap-2">
            <span className={`min-w-0 flex-1 truncate text-second ${loud ? 'text-ink' : 'text-ink2'}`}>
              <LastWords chat={chat} open={open} />
            </span>
            {fresh > 0 ? (
              <span
                className="num grid h-[18px] min-w-[18px] shrink-0 place-items-center rounded-full bg-accent px-1 text-meta font-semibold text-accent-ink"
                aria-label={t.chat.unread(fresh)}
                role="img"
              >
                {fresh > 99 ? '99+' : fresh}
              </span>
            ) : (
              marked && (
                <span role="img" aria-label={t.shell.list.marked} className="mr-1 size-2.5 shrink-0 rounded-full bg-accent" />
              )
            )}
          </span>
          {!compact && <Bottom chat={chat} />}
        </span>
      </button>
      <label
        className={`absolute left-3 grid size-12 cursor-pointer place-items-center ${compact ? 'top-1' : 'top-2'} ${
          selecting ? '' : 'opacity-0 max-[899px]:pointer-events-none min-[900px]:hover:opacity-100 focus-within:opacity-100'
        }`}
      >
        <Tick id={id} name={name} on={selected} />
      </label>
    </div>
  )
})

function Tick({ id, name, on }: { id: string; name: string; on: boolean }) {
  const { desk } = useDesk()
  return (
    <input
      type="checkbox"
      data-select={id}
      checked={on}
      tabIndex={-1}
      aria-label={t.shell.select.one(name)}
      onChange={(event) => desk.select([id], event.currentTarget.checked)}
      className="size-[18px] accent-[var(--accent)]"
    />
  )
}

/** What was said last; a draft and typing go before it. */
function LastWords({ chat, open }: { chat: Chat; open: boolean }) {
  const id = chat.conversation_id
  const answer = useDeskState((state) => state.drafts.get(draftKey(id, 'answer')))
  const note = useDeskState((state) => state.drafts.get(draftKey(id, 'note')))
  const typing = useDeskState((state) => state.typing.get(id)?.who === 'visitor')
  const mine = useDeskState((state) => chat.assignee_id === state.me.employee_id)
  if (typing) return <span className="text-green">{t.chat.typing}</span>
  if ((answer || note) && !open) {
    return (
      <>
        <span className="text-red">{answer ? t.chat.draft : t.shell.list.noteDraft} </span>
        {answer || note}
      </>
    )
  }
  return (
    <>
      {chat.preview_direction === 'outbound' && (
        <span className="text-ink3">{mine ? t.chat.youSaid : t.chat.weSaid} </span>
      )}
      {chat.preview_direction === 'note' && <span className="text-amber">{t.chat.noteSaid} </span>}
      {previewOf(chat.preview)}
    </>
  )
}

function Bottom({ chat }: { chat: Chat }) {
  const channel = useDeskState((state) => state.channels.get(chat.channel_id)?.name)
  const assignee = useDeskState((state) =>
    chat.assignee_id && chat.assignee_id !== state.me.employee_id ? state.employees.get(chat.assignee_id)?.name : undefined,
  )
  return (
    <span className="mt-0.5 flex h-4 items-center gap-1.5 overflow-hidden text-meta text-ink3">
      {chat.waiting_since && chat.state !== 'closed' && <WaitingChip since={chat.waiting_since} />}
      {chat.kind === 'request' && (
        <span className="shrink-0 rounded bg-accent-soft px-1 font-medium text-accent-text">{t.shell.list.request}</span>
      )}
      <span className="min-w-0 truncate">{channel ?? ''}</span>
      <TagNames ids={chat.tags ?? NONE} most={assignee ? 1 : 2} />
      {assignee && (
        <span className="ml-auto max-w-[45%] shrink-0 truncate pl-1" title={assignee}>
          {shortName(assignee)}
        </span>
      )}
    </span>
  )
}

const NONE: string[] = []

/** «Дмитрий Савельев» is «Дмитрий С.» where there is little room. */
export function shortName(name: string): string {
  const [first = '', ...rest] = name.trim().split(/\s+/)
  const last = rest.at(-1)
  return last ? `${first} ${last[0]}.` : first
}

function TagNames({ ids, most }: { ids: string[]; most: number }) {
  const tags = useDeskState((state) => state.tags)
  return ids.slice(0, most).map((id) => {
    const tag = tags.get(id)
    return (
      tag && (
        <span key={id} className="max-w-[96px] shrink-0 truncate rounded bg-hover px-1 font-medium text-ink2">
          {tag.name}
        </span>
      )
    )
  })
}

/** How long a customer waits: calm below a minute, amber to five, then red. */
export function WaitingChip({ since, short }: { since: string; short?: boolean }) {
  const now = useNow()
  const { text, minutes } = waited(since, now)
  const tone = minutes > 5 ? 'bg-red-soft text-red' : minutes >= 1 ? 'bg-amber-soft text-amber' : 'bg-hover text-ink2'
  const full = t.chat.waits(text)
  if (short && minutes < 1) return null
  return (
    <span title={short ? full : undefined} className={`num shrink-0 rounded px-1 text-meta font-medium ${tone}`}>
      {short ? text : full}
    </span>
  )
}
