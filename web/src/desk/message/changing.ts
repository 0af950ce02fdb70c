import type { Capabilities, Message } from '../../kit/api/types'
import { isSaid } from '../thread/said'

/** The words of a message that may be changed; `null`: it has none. */
export function wordsOf(message: Message): string | null {
  const { body } = message
  if (!isSaid(body)) return null
  if (body.type === 'text') return body.text
  return body.type === 'files' ? (body.caption ?? '') : null
}

/** Whether an employee may still change a message, as the server decides it (`may_change`): their own, sent,
 * not taken back, within the time that the channel gives. */
export function mayChange(message: Message, me: string, within: number | null | undefined, now: number): boolean {
  if (!within || message.direction !== 'outbound' || message.author_id !== me || message.removed_at) return false
  if (message.status !== 'sent' && message.status !== 'delivered' && message.status !== 'read') return false
  return message.change?.state !== 'pending' && now - Date.parse(message.created_at) <= within * 1000
}

export const mayEdit = (message: Message, me: string, can: Capabilities | undefined, now: number): boolean =>
  mayChange(message, me, can?.edit_within, now) && wordsOf(message) !== null

/** The last answer that may still be changed. */
export const lastEditable = (messages: readonly Message[], me: string, can: Capabilities | undefined, now: number) =>
  messages.findLast((message) => mayEdit(message, me, can, now))

/** Whether we can put an emoji on it. */
export const mayReact = (message: Message, can: Capabilities | undefined): boolean =>
  !!can?.reactions?.length && !message.removed_at && (message.direction === 'inbound' || message.direction === 'outbound')

/** Many fonts have signs of their own for a smile or a heart: this asks for the coloured one. */
export const asEmoji = (sign: string): string => (/[\uFE0F\u200D\p{RI}]/u.test(sign) ? sign : `${sign}\uFE0F`)
