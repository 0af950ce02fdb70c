import { api, ask } from '../../kit/api/client'
import type { Message } from '../../kit/api/types'
import type { Desk } from '../store/desk'
import { joined, withThread } from '../store/reduce'

const path = ({ message_id }: Message) => ({ params: { path: { message_id } } })

const shown = (desk: Desk, { conversation_id, message_id }: Message) =>
  desk.state.threads.get(conversation_id)?.items.find((one) => one.message_id === message_id)

/** The thread shows what the server holds now; what the service says to it comes as an event. */
async function change(desk: Desk, message: Message, request: Promise<Message>) {
  const before = shown(desk, message)
  const held = await request
  // An event that came meanwhile knows more than the answer.
  if (!before || shown(desk, message) !== before) return
  desk.box.change((state) =>
    withThread(state, held.conversation_id, (thread) => ({ ...thread, items: joined(thread.items, [held]) })),
  )
}

export const editMessage = (desk: Desk, message: Message, text: string) =>
  change(desk, message, ask(api.PATCH('/api/v1/messages/{message_id}', { ...path(message), body: { text } })))

export const removeMessage = (desk: Desk, message: Message) =>
  change(desk, message, ask(api.DELETE('/api/v1/messages/{message_id}', path(message))))

/** `null` takes ours away. */
export const react = (desk: Desk, message: Message, emoji: string | null) =>
  change(
    desk,
    message,
    ask(
      emoji === null
        ? api.DELETE('/api/v1/messages/{message_id}/reaction', path(message))
        : api.PUT('/api/v1/messages/{message_id}/reaction', { ...path(message), body: { emoji } }),
    ),
  )
