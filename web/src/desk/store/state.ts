import type {
  Capabilities,
  Channel,
  Contact,
  Conversation,
  ConversationState,
  Counts,
  Employee,
  Group,
  Message,
  Tag,
} from '../../kit/api/types'
import type { Link } from '../../kit/api/socket'
import type { CannedReply, ContactField } from './talk-api'
import { type Filter, NO_FILTER } from './filter'
import { DEFAULTS, type Preferences } from './preferences'

/** A conversation as the desk holds it. `read_position` and `unread`, the customer's messages behind it,
 * are absent until the server told them; `counted` is the message up to which `unread` counts. */
export type Chat = Conversation & { read_position?: number; unread?: number; counted?: number }

/** A message to show and mark in its conversation: what a search found. The thread forgets it
 * (`desk.aim(null)`) once it stands there. */
export interface Target {
  conversation_id: string
  position: number
  /** The words that were looked for. */
  q: string
}

/** One tab of the list: ids in order, a window on what the server has. */
export interface View {
  ids: readonly string[]
  next: string | null
  load: 'no' | 'loading' | 'yes' | 'failed'
  /** Rows below the window were let go: what follows is not asked for. */
  cut?: boolean
}

/** The messages of one conversation, oldest first, without holes. */
export interface Thread {
  items: readonly Message[]
  /** Whether older ones may exist. */
  older: boolean
  /** Whether newer ones exist that are not here: the thread stands in the past, and what comes live
   * is not put under it. */
  newer: boolean
  load: 'no' | 'loading' | 'yes' | 'failed'
}

/** Who is writing in a conversation until when: a colleague's id, or the visitor. */
export interface Typing {
  who: string | 'visitor'
  until: number
}

/** An answer that is on its way to the server, or was refused. */
export interface Outgoing {
  client_id: string
  conversation_id: string
  employee_id: string
  kind: 'answer' | 'note'
  text: string
  files: { name: string; type: string; size: number; blob: Blob; attachment_id?: string }[]
  reply_to: string | null
  mentions: string[]
  subject: string | null
  created_at: string
  /** Why the server refused it: it waits for a person. */
  refusal: { ru: string; en: string } | null
}

export interface State {
  me: Employee
  chats: ReadonlyMap<string, Chat>
  views: Readonly<Record<ConversationState, View>>
  filter: Filter
  threads: ReadonlyMap<string, Thread>
  contacts: ReadonlyMap<string, Contact>
  employees: ReadonlyMap<string, Employee>
  groups: ReadonlyMap<string, Group>
  tags: ReadonlyMap<string, Tag>
  channels: ReadonlyMap<string, Channel>
  /** What each kind of channel can. */
  kinds: ReadonlyMap<string, Capabilities>
  counts: Counts | null
  typing: ReadonlyMap<string, Typing>
  /** Colleagues who have a conversation open. */
  viewing: ReadonlyMap<string, readonly string[]>
  outgoing: readonly Outgoing[]
  /** Conversations whose closing may still be undone. */
  closing: ReadonlySet<string>
  drafts: ReadonlyMap<string, string>
  canned: readonly CannedReply[]
  fields: readonly ContactField[]
  link: Link
  /** How often what a CRM has of the open conversation changed: it is read anew then. */
  crm: number
  /** How often a check of a phone changed: what is shown of phones is read anew then. */
  numbers: number
  open: string | null
  target: Target | null
  /** Conversations chosen for a deed on many. */
  selected: ReadonlySet<string>
  preferences: Preferences
}

export const EMPTY_VIEW: View = { ids: [], next: null, load: 'no' }
export const EMPTY_THREAD: Thread = { items: [], older: true, newer: false, load: 'no' }

/** At most so many rows of a tab are held; further down the server is asked again. */
export const WINDOW = 500

export function emptyState(me: Employee): State {
  return {
    me,
    chats: new Map(),
    views: { new: EMPTY_VIEW, in_work: EMPTY_VIEW, closed: EMPTY_VIEW },
    filter: NO_FILTER,
    threads: new Map(),
    contacts: new Map(),
    employees: new Map(),
    groups: new Map(),
    tags: new Map(),
    channels: new Map(),
    kinds: new Map(),
    counts: null,
    typing: new Map(),
    viewing: new Map(),
    outgoing: [],
    closing: new Set(),
    drafts: new Map(),
    canned: [],
    fields: [],
    link: 'connecting',
    crm: 0,
    numbers: 0,
    open: null,
    target: null,
    selected: new Set(),
    preferences: DEFAULTS,
  }
}

/** How many messages of the customer the employee has not read; none when somebody answered. */
export function unread(chat: Chat): number {
  if (chat.read_position === undefined || chat.preview_direction !== 'inbound') return 0
  return Math.max(0, Math.min(chat.unread ?? Infinity, chat.last_position - chat.read_position))
}
