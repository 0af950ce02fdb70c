import { api, ask } from '../../kit/api/client'
import type { Desk } from '../store/desk'
import { withChat } from '../store/reduce'

const MOST = 20

/** After customers were joined or parted: whose each of their conversations is now. */
export async function rereadChats(desk: Desk, contacts: readonly string[]) {
  const { chats, open } = desk.state
  const theirs = [...chats.values()].filter((chat) => contacts.includes(chat.contact_id))
  // The open one first: its card is looked at.
  theirs.sort((a, b) => Number(b.conversation_id === open) - Number(a.conversation_id === open))
  for (const { conversation_id } of theirs.slice(0, MOST)) {
    const path = { conversation_id }
    const chat = await ask(api.GET('/api/v1/conversations/{conversation_id}', { params: { path } }))
    desk.box.change((state) => withChat(state, chat))
    if (!desk.state.contacts.has(chat.contact_id)) await desk.readContact(chat.contact_id)
  }
}
