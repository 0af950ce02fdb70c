import { ask } from '../../kit/api/client'
import type { Message } from '../../kit/api/types'

/** Calls of a conversation. Types stand here until the server's description has them. */

export type Mode = 'answer' | 'note'

export interface Draft {
  conversation_id: string
  mode: Mode
  text: string
  updated_at: string
}

export interface CannedReply {
  canned_reply_id: string
  /** One word that finds it at once, or nothing. */
  shortcut: string
  title: string
  text: string
  section: string
  group_id: string | null
  used_count: number
  updated_at: string
}

export interface ContactField {
  key: string
  name: string
  kind: 'text' | 'number' | 'date' | 'link' | 'choice'
  choices: string[]
  position: number
}

interface Page<T> {
  items: T[]
  next?: string | null
}

async function call<T>(method: string, path: string, body?: unknown, more: RequestInit = {}): Promise<T> {
  const answer = async () => {
    const response = await fetch(path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      ...more,
    })
    const data: unknown = response.status === 204 ? undefined : await response.json().catch(() => undefined)
    return response.ok ? { data: data as T, response } : { error: data, response }
  }
  return ask(answer())
}

async function every<T>(path: string): Promise<T[]> {
  const all: T[] = []
  let cursor = ''
  do {
    const page = await call<Page<T>>('GET', `${path}?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)
    all.push(...page.items)
    cursor = page.next ?? ''
  } while (cursor && all.length < 1000)
  return all
}

export const readDraftsOf = () => every<Draft>('/api/v1/drafts')

/** An empty text takes the draft away. `leaving`: the page goes, the request stays. */
export const saveDraft = (conversation: string, mode: Mode, text: string, leaving?: 'leaving') =>
  call<void>('PUT', `/api/v1/conversations/${conversation}/drafts/${mode}`, { text }, leaving ? { keepalive: true } : {})

export const readCanned = () => every<CannedReply>('/api/v1/canned-replies')
export const cannedUsed = (id: string) => call<void>('POST', `/api/v1/canned-replies/${id}/used`)

export const readContactFields = () => every<ContactField>('/api/v1/contact-fields')

export const readAround = (conversation: string, position: number, limit: number) =>
  call<Page<Message>>('GET', `/api/v1/conversations/${conversation}/messages?around=${position}&limit=${limit}`)
