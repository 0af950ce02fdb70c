import { api, ask } from '../../kit/api/client'
import type { Message } from '../../kit/api/types'
import { marker } from './marks'
import { brief } from './said'

/** Where in a conversation something was found: places, the latest first. */
export function foundHere(items: readonly Message[], query: string): number[] {
  const marks = marker(query)
  if (!marks) return []
  return items
    .filter((message) => brief(message).search(marks) >= 0)
    .map((message) => message.position)
    .reverse()
}

export function together(a: readonly number[], b: readonly number[]): number[] {
  return [...new Set([...a, ...b])].sort((one, other) => other - one)
}

/** Pages of the server's search that are looked through for one conversation. */
const PAGES = 4

/** What the server finds in all of the conversation's time. */
export async function foundThere(conversation: string, query: string): Promise<number[]> {
  const places: number[] = []
  let cursor: string | undefined
  for (let page = 0; page < PAGES; page++) {
    const found = await ask(api.GET('/api/v1/search', { params: { query: { q: query, limit: 100, cursor } } }))
    for (const message of found.messages) if (message.conversation_id === conversation) places.push(message.position)
    cursor = found.next ?? undefined
    if (!cursor) break
  }
  return places
}
