import { useEffect, useState } from 'react'
import { api, ask } from '../../kit/api/client'
import type { Conversation } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { date } from '../../kit/i18n/format'
import { go } from '../../kit/route'
import { Button } from '../../kit/ui/button'
import { ChannelBadge, signOf } from '../../kit/ui/channel-badge'
import { tellRefusal } from '../../kit/ui/toast'
import { useDeskState } from '../context'
import { deskPath } from '../path'
import type { Chat } from '../store/state'

const PAGE = 20

/** Other conversations with the same customer; each opens where it is. */
export function History({ chat, onOpen }: { chat: Chat; onOpen: (id: string) => void }) {
  const channels = useDeskState((state) => state.channels)
  const employees = useDeskState((state) => state.employees)
  const [items, setItems] = useState<Conversation[]>([])
  const [next, setNext] = useState<string | null>(null)
  const { contact_id } = chat
  const identities = useDeskState((state) => state.contacts.get(contact_id)?.identities.length)
  const read = (cursor?: string) =>
    ask(api.GET('/api/v1/conversations', { params: { query: { contact_id, limit: PAGE, cursor } } }))
  useEffect(() => {
    let gone = false
    read().then(
      (page) => {
        if (gone) return
        setItems(page.items)
        setNext(page.next ?? null)
      },
      () => {
        // The card is whole without its history; opening the chat again asks again.
      },
    )
    return () => {
      gone = true
    }
  }, [contact_id, chat.state, identities])
  const others = items.filter((item) => item.conversation_id !== chat.conversation_id)
  if (others.length === 0) return null
  const more = () =>
    next &&
    void read(next).then((page) => {
      setItems((held) => [...held, ...page.items])
      setNext(page.next ?? null)
    }, tellRefusal)
  return (
    <section className="px-3 py-4">
      <h3 className="mb-1 px-2 text-second font-semibold text-ink2">{t.card.history}</h3>
      <ul>
        {others.map((item) => {
          const who = item.assignee_id ? employees.get(item.assignee_id)?.name : undefined
          return (
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
                <ChannelBadge kind={signOf(channels.get(item.channel_id))} size="mt-0.5 size-5" />
                <span className="min-w-0 flex-1">
                  <span className="block truncate text-second">
                    {item.subject || item.preview || t.chat.number(item.number)}
                  </span>
                  <span className="block truncate text-caption text-ink3">
                    {[date(item.opened_at), t.states[item.state], who].filter(Boolean).join(' · ')}
                  </span>
                </span>
              </button>
            </li>
          )
        })}
      </ul>
      {next && (
        <Button look="quiet" onClick={more}>
          {t.talk.card.moreHistory}
        </Button>
      )}
    </section>
  )
}
