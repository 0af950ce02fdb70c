import type { Message } from '../../kit/api/types'
import { sameDay } from '../../kit/i18n/format'
import type { Outgoing } from '../store/state'

/** What stands in a conversation, from above: heads of days, the line of new messages, messages,
 * and what is on its way. */
export type Item =
  | { is: 'day'; key: string; at: string }
  | { is: 'new'; key: string }
  | { is: 'message'; key: string; message: Message; follows: boolean }
  | { is: 'outgoing'; key: string; outgoing: Outgoing; follows: boolean }

/** Who speaks, to draw a row of bubbles of one person closer together. */
const voice = (message: Message) =>
  message.direction === 'system' ? `system ${message.message_id}` : `${message.direction} ${message.author_id ?? ''}`

export function threadItems(
  messages: readonly Message[],
  outgoing: readonly Outgoing[],
  me: string,
  firstNew: number | null,
): Item[] {
  const items: Item[] = []
  const taken = new Set(messages.map((message) => message.client_id))
  let last: { at: string; voice: string } | null = null
  for (const message of messages) {
    const at = message.created_at
    if (!last || !sameDay(last.at, at)) {
      items.push({ is: 'day', key: `day ${at.slice(0, 10)} ${message.position}`, at })
      last = null
    }
    if (firstNew !== null && message.position > firstNew && message.direction === 'inbound') {
      items.push({ is: 'new', key: 'new' })
      firstNew = null
      last = null
    }
    const speaks = voice(message)
    // Ours keep the key that they had on their way, so that they are not drawn anew when sent.
    const own = message.author_id === me && message.client_id
    items.push({ is: 'message', key: own || message.message_id, message, follows: last?.voice === speaks })
    last = { at, voice: speaks }
  }
  for (const one of outgoing) {
    if (taken.has(one.client_id)) continue
    const at = one.created_at
    if (!last || !sameDay(last.at, at)) items.push({ is: 'day', key: 'day outgoing', at })
    const speaks = `${one.kind === 'note' ? 'note' : 'outbound'} ${me}`
    items.push({ is: 'outgoing', key: one.client_id, outgoing: one, follows: last?.voice === speaks })
    last = { at, voice: speaks }
  }
  return items
}
