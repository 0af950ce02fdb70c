import { ask } from '../../kit/api/client'
import type { Message } from '../../kit/api/types'
import type { Desk } from '../store/desk'
import { joined, withThread } from '../store/reduce'

/** Changes of a message that was sent; the thread shows what the server holds then. */
async function change(desk: Desk, message: Message, method: 'PATCH' | 'DELETE' | 'PUT', path: string, body?: object) {
  const request = fetch(`/api/v1/messages/${message.message_id}${path}`, {
    method,
    ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
  }).then(async (response) => {
    const text = await response.text()
    const told: unknown = text ? JSON.parse(text) : undefined
    return response.ok ? { data: told as Message, response } : { error: told, response }
  })
  const held = await ask<Message | undefined>(request)
  if (!held?.message_id) return
  desk.box.change((state) =>
    state.threads.has(held.conversation_id)
      ? withThread(state, held.conversation_id, (thread) => ({ ...thread, items: joined(thread.items, [held]) }))
      : state,
  )
}

export const editMessage = (desk: Desk, message: Message, text: string) => change(desk, message, 'PATCH', '', { text })
export const removeMessage = (desk: Desk, message: Message) => change(desk, message, 'DELETE', '')
/** `null` takes ours away. */
export const react = (desk: Desk, message: Message, emoji: string | null) =>
  emoji === null ? change(desk, message, 'DELETE', '/reaction') : change(desk, message, 'PUT', '/reaction', { emoji })
