import { useEffect, useState } from 'react'
import { api, ask } from '../../kit/api/client'
import type { Contact, Found } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { phone, when } from '../../kit/i18n/format'
import { go } from '../../kit/route'
import { Avatar } from '../../kit/ui/avatar'
import { tellRefusal, toast, whyRefused } from '../../kit/ui/toast'
import { useDeskState } from '../context'
import { deskPath } from '../path'
import { chatName, nameOf } from './row'

/** What was found: people by name, phone, nickname; words in messages. It stays while results are
 * opened one after another. */
export function Results({ query, open, onOpen }: { query: string; open: string | null; onOpen: (id: string) => void }) {
  const [found, setFound] = useState<{ query: string; is: Found } | null>(null)
  const [fault, setFault] = useState('')
  const channels = useDeskState((state) => state.channels)

  useEffect(() => {
    const abort = new AbortController()
    const timer = setTimeout(() => {
      const request = api.GET('/api/v1/search', { params: { query: { q: query, limit: 30 } }, signal: abort.signal })
      ask(request).then(
        (is) => {
          setFault('')
          setFound({ query, is })
        },
        (error: unknown) => !abort.signal.aborted && setFault(whyRefused(error)),
      )
    }, 200)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [query])

  async function openContact(contact: Contact) {
    try {
      const query = { contact_id: contact.contact_id, limit: 1 }
      const { items } = await ask(api.GET('/api/v1/conversations', { params: { query } }))
      const latest = items[0]
      if (latest) go(deskPath({ tab: latest.state, open: latest.conversation_id }))
      else toast(t.search.noConversations)
    } catch (error) {
      tellRefusal(error)
    }
  }

  if (fault) return <p className="px-4 py-6 text-second text-red">{fault}</p>
  if (!found) return <div className="flex-1" aria-busy="true" />
  const { contacts, messages, conversation } = found.is
  const row = 'flex w-full items-start gap-3 px-4 py-2.5 text-left -outline-offset-2 hover:bg-hover'
  const nothing = contacts.length === 0 && messages.length === 0 && !conversation
  return (
    <div className="min-h-0 flex-1 overflow-y-auto pt-1" aria-live="polite">
      {nothing && (
        <div className="px-6 py-12 text-center">
          <p className="font-semibold">{t.search.nothing(found.query)}</p>
          <p className="mt-1 text-second text-ink3">{t.search.where}</p>
        </div>
      )}
      {conversation && (
        <Part title={t.search.byNumber}>
          <button type="button" className={row} onClick={() => onOpen(conversation.conversation_id)}>
            <Avatar
              name={chatName(conversation)}
              kind={channels.get(conversation.channel_id)?.kind}
            />
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
            <button key={contact.contact_id} type="button" className={row} onClick={() => void openContact(contact)}>
              <Avatar
                name={nameOf(contact.name)}
                kind={channels.get(contact.identities[0]?.channel_id ?? '')?.kind}
              />
              <span className="min-w-0 flex-1">
                <span className="block truncate font-medium">{nameOf(contact.name)}</span>
                <span className="num block truncate text-second text-ink2">
                  {[...contact.phones.map(phone), ...contact.emails, ...contact.identities.map((i) => i.username)]
                    .filter(Boolean)
                    .join(' · ')}
                </span>
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
              aria-current={open === message.conversation_id || undefined}
              className={`${row} aria-current:bg-selected`}
              onClick={() => onOpen(message.conversation_id)}
            >
              <span className="min-w-0 flex-1">
                <span className="flex items-baseline gap-2">
                  <span className="min-w-0 flex-1 truncate font-medium">{nameOf(message.contact_name)}</span>
                  <time className="num shrink-0 text-caption text-ink3">{when(message.created_at)}</time>
                </span>
                <span className="line-clamp-2 text-second text-ink2">
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
              </span>
            </button>
          ))}
        </Part>
      )}
    </div>
  )
}

function Part({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section className="pb-2">
      <h2 className="px-4 py-1 text-caption font-semibold text-ink3">{title}</h2>
      {children}
    </section>
  )
}
