import { SearchX } from 'lucide-react'
import { type KeyboardEvent, type ReactNode, useState } from 'react'
import type { FoundMessage } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { when } from '../../kit/i18n/format'
import { Avatar } from '../../kit/ui/avatar'
import { signOf } from '../../kit/ui/channel-badge'
import { Button } from '../../kit/ui/button'
import { useDesk, useDeskState } from '../context'
import { openContact, reachOf } from './person'
import { chatName, nameOf } from './row'
import { useSearch } from './search'

const row = 'flex w-full items-start gap-3 px-4 py-2.5 text-left -outline-offset-2 hover:bg-hover aria-current:bg-selected'

/** What was found: people by name, phone, nickname; words in messages. It stays while results are
 * opened one after another. */
export default function Results({ query, open, onOpen }: { query: string; open: string | null; onOpen: (id: string) => void }) {
  const { desk } = useDesk()
  const search = useSearch(query)
  const { found, messages } = search
  const channels = useDeskState((state) => state.channels)
  const [opened, setOpened] = useState<string | null>(null)

  if (search.fault) return <p role="alert" className="flex-1 px-4 py-6 text-second text-red">{search.fault}</p>
  if (!found) return <div className="flex-1" aria-busy="true" />
  const { contacts, conversation } = found
  const nothing = contacts.length === 0 && messages.length === 0 && !conversation

  const openMessage = (message: FoundMessage) => {
    const { conversation_id, position } = message
    setOpened(message.message_id)
    desk.aim({ conversation_id, position, q: search.query })
    onOpen(conversation_id)
  }
  return (
    <div
      role="region"
      aria-label={t.shell.search.results}
      aria-busy={search.busy}
      tabIndex={-1}
      onKeyDown={stepHits}
      className={`min-h-0 flex-1 overflow-y-auto pt-1 ${search.busy ? 'opacity-70' : ''}`}
    >
      <p className="sr-only" aria-live="polite">
        {nothing ? t.search.nothing(search.query) : t.shell.search.count(contacts.length, messages.length)}
      </p>
      {nothing && (
        <div className="px-6 py-12 text-center">
          <SearchX size={28} className="mx-auto mb-3 text-ink3" aria-hidden="true" />
          <p className="font-semibold">{t.search.nothing(search.query)}</p>
          <p className="mt-1 text-second text-ink3">{t.search.where}</p>
        </div>
      )}
      {conversation && (
        <Part title={t.search.byNumber}>
          <button
            type="button"
            data-hit
            aria-current={open === conversation.conversation_id || undefined}
            className={row}
            onClick={() => onOpen(conversation.conversation_id)}
          >
            <Avatar name={chatName(conversation)} kind={signOf(channels.get(conversation.channel_id))} />
            <span className="min-w-0 flex-1">
              <span className="block truncate font-medium">{chatName(conversation)}</span>
              <span className="block truncate text-second text-ink2">
                {t.chat.number(conversation.number)} · {t.states[conversation.state]}
              </span>
            </span>
          </button>
        </Part>
      )}
      {contacts.length > 0 && (
        <Part title={t.search.people}>
          {contacts.map((contact) => (
            <button
              key={contact.contact_id}
              type="button"
              data-hit
              className={row}
              onClick={() => void openContact(contact.contact_id)}
            >
              <Avatar name={nameOf(contact.name)} kind={signOf(channels.get(contact.identities[0]?.channel_id ?? ''))} />
              <span className="min-w-0 flex-1">
                <span className="block truncate font-medium">{nameOf(contact.name)}</span>
                <span className="num block truncate text-second text-ink2">{reachOf(contact)}</span>
              </span>
            </button>
          ))}
        </Part>
      )}
      {messages.length > 0 && (
        <Part title={t.search.messages}>
          {messages.map((message) => (
            <button
              key={message.message_id}
              type="button"
              data-hit
              aria-current={(open === message.conversation_id && opened === message.message_id) || undefined}
              className={row}
              onClick={() => openMessage(message)}
            >
              <span className="min-w-0 flex-1">
                <span className="flex items-baseline gap-2">
                  <span className="min-w-0 flex-1 truncate font-medium">{nameOf(message.contact_name)}</span>
                  <time dateTime={message.created_at} className="num shrink-0 text-caption text-ink3">
                    {when(message.created_at)}
                  </time>
                </span>
                <span className="line-clamp-2 text-second text-ink2">
                  {message.direction === 'outbound' && <span className="text-ink3">{t.shell.search.outbound} </span>}
                  {message.direction === 'note' && <span className="text-amber">{t.chat.noteSaid} </span>}
                  {message.excerpt.map((part, index) =>
                    part.hit ? (
                      <mark key={index} className="rounded-sm bg-amber-soft text-amber">
                        {part.text}
                      </mark>
                    ) : (
                      part.text
                    ),
                  )}
                </span>
                <span className="num block text-meta text-ink3">
                  {t.shell.search.inChat(message.conversation_number)} · {t.states[message.conversation_state]}
                </span>
              </span>
            </button>
          ))}
          {search.more && (
            <div className="px-4 py-2">
              <Button look="quiet" disabled={search.busy} onClick={search.more}>
                {t.shell.search.more}
              </Button>
            </div>
          )}
        </Part>
      )}
    </div>
  )
}

/** Up and down among what was found. */
function stepHits(event: KeyboardEvent<HTMLElement>) {
  const by = event.code === 'ArrowDown' ? 1 : event.code === 'ArrowUp' ? -1 : 0
  if (!by) return
  const hits = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-hit]')]
  const at = hits.indexOf(document.activeElement as HTMLElement)
  event.preventDefault()
  if (at === 0 && by < 0) document.querySelector<HTMLElement>('[data-search]')?.focus()
  else hits[at + by]?.focus()
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="pb-2">
      <h2 className="px-4 py-1 text-caption font-semibold text-ink3">{title}</h2>
      {children}
    </section>
  )
}
