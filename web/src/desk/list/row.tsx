import { memo } from 'react'
import { t } from '../../kit/i18n'
import { waited, when } from '../../kit/i18n/format'
import { useNow } from '../../kit/now'
import { Avatar } from '../../kit/ui/avatar'
import { useDeskState } from '../context'
import { draftKey } from '../store/drafts'
import { unread } from '../store/state'

/** The name of a customer, or what stands for one. */
export const nameOf = (name: string) => name.trim() || t.chat.guest

/** In a chat a guest has the chat's number, so that guests can be told apart. */
export const chatName = (chat: { contact_name: string; number: number }) =>
  chat.contact_name.trim() || t.chat.guestNo(chat.number)

export const Row = memo(function Row({
  id,
  open,
  onOpen,
}: {
  id: string
  open: boolean
  onOpen: (id: string) => void
}) {
  const chat = useDeskState((state) => state.chats.get(id))
  const channel = useDeskState((state) => (chat ? state.channels.get(chat.channel_id) : undefined))
  const draft = useDeskState((state) => state.drafts.get(draftKey(id, 'answer')))
  const typing = useDeskState((state) => state.typing.get(id))
  const me = useDeskState((state) => state.me.employee_id)
  const assignee = useDeskState((state) =>
    chat?.assignee_id && chat.assignee_id !== me ? state.employees.get(chat.assignee_id) : undefined,
  )
  if (!chat) return <div className="h-[76px]" />
  const fresh = open ? 0 : unread(chat)
  const name = chatName(chat)
  return (
    <button
      type="button"
      data-row={id}
      aria-current={open || undefined}
      onClick={() => onOpen(id)}
      className={`relative flex h-[76px] w-full items-start gap-3 px-4 py-3 text-left -outline-offset-2 ${open ? 'bg-selected' : 'hover:bg-hover'}`}
    >
      {open && <span className="absolute inset-y-0 left-0 w-[3px] bg-accent" />}
      <Avatar name={name} kind={channel?.kind} />
      <span className="min-w-0 flex-1">
        <span className="flex items-baseline gap-2">
          <span className={`min-w-0 flex-1 truncate ${fresh > 0 ? 'font-semibold' : 'font-medium'}`}>{name}</span>
          <time dateTime={chat.last_message_at} className="num shrink-0 text-caption text-ink3">
            {when(chat.last_message_at)}
          </time>
        </span>
        <span className="mt-px flex items-center gap-2">
          <span className={`min-w-0 flex-1 truncate text-second ${fresh > 0 ? 'text-ink' : 'text-ink2'}`}>
            {typing?.who === 'visitor' ? (
              <span className="text-green">{t.chat.typing}</span>
            ) : draft && !open ? (
              <>
                <span className="text-red">{t.chat.draft} </span>
                {draft}
              </>
            ) : (
              <>
                {chat.preview_direction === 'outbound' && <span className="text-ink3">{chat.assignee_id === me ? t.chat.youSaid : t.chat.weSaid} </span>}
                {chat.preview_direction === 'note' && <span className="text-amber">{t.chat.noteSaid} </span>}
                {chat.preview}
              </>
            )}
          </span>
          {fresh > 0 && (
            <span
              className="num grid h-[18px] min-w-[18px] shrink-0 place-items-center rounded-full bg-accent px-1 text-meta font-semibold text-accent-ink"
              aria-label={t.chat.unread(fresh)}
            >
              {fresh > 99 ? '99+' : fresh}
            </span>
          )}
        </span>
        <span className="mt-0.5 flex h-4 items-center gap-1.5 overflow-hidden text-meta text-ink3">
          {chat.waiting_since && chat.state !== 'closed' && <WaitingChip since={chat.waiting_since} />}
          <span className="truncate">{channel?.name ?? ''}</span>
          <TagNames ids={chat.tags ?? NONE} />
          {assignee && <span className="ml-auto shrink-0 pl-1">{assignee.name}</span>}
        </span>
      </span>
    </button>
  )
})

const NONE: string[] = []

function TagNames({ ids }: { ids: string[] }) {
  const tags = useDeskState((state) => state.tags)
  return ids.slice(0, 2).map((id) => {
    const tag = tags.get(id)
    return (
      tag && (
        <span key={id} className="shrink-0 rounded bg-hover px-1 font-medium text-ink2">
          {tag.name}
        </span>
      )
    )
  })
}

export function WaitingChip({ since }: { since: string }) {
  const now = useNow()
  const { text, minutes } = waited(since, now)
  const tone = minutes > 5 ? 'bg-red-soft text-red' : minutes >= 1 ? 'bg-amber-soft text-amber' : 'bg-hover text-ink2'
  return <span className={`num shrink-0 rounded px-1 font-medium ${tone}`}>{t.chat.waits(text)}</span>
}
