import { api, ask } from '../../kit/api/client'
import type { Contact } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { phone } from '../../kit/i18n/format'
import { go } from '../../kit/route'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { deskPath } from '../path'

/** Opens the latest conversation of a person. */
export async function openContact(contact_id: string) {
  try {
    const query = { contact_id, limit: 1 }
    const { items } = await ask(api.GET('/api/v1/conversations', { params: { query } }))
    const latest = items[0]
    if (latest) go(deskPath({ tab: latest.state, open: latest.conversation_id }))
    else toast(t.search.noConversations)
  } catch (error) {
    tellRefusal(error)
  }
}

/** How a person can be reached, in one line. */
export const reachOf = (contact: Contact) =>
  [
    ...contact.phones.map(phone),
    ...contact.emails,
    ...contact.identities.map(({ username }) => username && (/^\w+$/.test(username) ? `@${username}` : username)),
  ]
    .filter(Boolean)
    .join(' · ')
