import type { ConversationKind } from '../../kit/api/types'
import type { Chat } from './state'

/** What the list shows of a state; `me` stands for whoever looks, so that a view may be shared. */
export interface Filter {
  employee: 'me' | string | null
  channel: string | null
  group: string | null
  tag: string | null
  kind: ConversationKind | null
  waiting: boolean
}

export const NO_FILTER: Filter = { employee: null, channel: null, group: null, tag: null, kind: null, waiting: false }

export const sameFilter = (a: Filter, b: Filter) =>
  (Object.keys(NO_FILTER) as (keyof Filter)[]).every((key) => a[key] === b[key])

export const isFiltered = (filter: Filter) => !sameFilter(filter, NO_FILTER)

export function matches(chat: Chat, filter: Filter, me: string): boolean {
  const employee = filter.employee === 'me' ? me : filter.employee
  if (employee && chat.assignee_id !== employee) return false
  if (filter.waiting && !chat.waiting_since) return false
  if (filter.channel && chat.channel_id !== filter.channel) return false
  if (filter.group && chat.group_id !== filter.group) return false
  if (filter.tag && !chat.tags?.includes(filter.tag)) return false
  return !filter.kind || chat.kind === filter.kind
}

/** The same filter in the words of the server. */
export function asQuery(filter: Filter, me: string) {
  return {
    assignee_id: (filter.employee === 'me' ? me : filter.employee) ?? undefined,
    channel_id: filter.channel ?? undefined,
    group_id: filter.group ?? undefined,
    tag_id: filter.tag ?? undefined,
    kind: filter.kind ?? undefined,
    waiting: filter.waiting || undefined,
  }
}

/** A filter from what was kept, whoever wrote it. */
export function readFilter(kept: unknown): Filter {
  const from = (typeof kept === 'object' && kept !== null ? kept : {}) as Record<string, unknown>
  const text = (value: unknown) => (typeof value === 'string' && value ? value : null)
  const kind = from['kind']
  return {
    employee: text(from['employee']),
    channel: text(from['channel']),
    group: text(from['group']),
    tag: text(from['tag']),
    kind: kind === 'chat' || kind === 'request' ? kind : null,
    waiting: from['waiting'] === true,
  }
}
