import type { EventFrame } from '../../kit/api/types'
import type { Chat, State } from './state'

/** Something that a person wants to hear of. */
export interface News {
  kind: 'newChat' | 'message'
  conversation_id: string
  number: number
  name: string
  text: string
}

/** What of these facts concerns me: a chat for anybody or for me, words in a chat of mine. What a
 * colleague works on does not. One line per conversation. */
export function newsOf(facts: readonly EventFrame[], before: State, after: State): News[] {
  const me = after.me.employee_id
  const news = new Map<string, News>()
  const add = (kind: News['kind'], chat: Chat) => {
    const { conversation_id, number, contact_name, preview } = chat
    const held = news.get(conversation_id)?.kind
    news.set(conversation_id, { kind: held ?? kind, conversation_id, number, name: contact_name.trim() || (chat.contact_phone ?? ''), text: preview })
  }
  for (const fact of facts) {
    switch (fact.kind) {
      case 'conversation.created': {
        const chat = fact.data.conversation as Chat
        if (chat.state === 'new' && (!chat.pinned_id || chat.pinned_id === me)) add('newChat', after.chats.get(chat.conversation_id) ?? chat)
        break
      }
      case 'conversation.changed': {
        const chat = fact.data.conversation as Chat
        const was = before.chats.get(chat.conversation_id)
        const given = chat.state === 'in_work' && chat.assignee_id === me && was?.state === 'in_work' && was.assignee_id !== me
        const offered = chat.state === 'new' && chat.offered_id === me && was?.offered_id !== me
        if (given || offered) add('newChat', after.chats.get(chat.conversation_id) ?? chat)
        break
      }
      case 'message.created': {
        if (fact.data.message.direction !== 'inbound') break
        const chat = after.chats.get(fact.data.conversation.conversation_id)
        if (chat && (chat.state === 'new' || chat.assignee_id === me)) add('message', chat)
        break
      }
      default:
        break
    }
  }
  return [...news.values()]
}
