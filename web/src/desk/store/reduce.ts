/** How facts change the state. Pure: the same facts give the same state, in whatever batches they
 * come, and a fact that comes twice changes nothing. */
import type { ConversationState, EventFrame, Listed, Message } from '../../kit/api/types'
import { matches } from './filter'
import { type Chat, EMPTY_THREAD, type State, type Thread, type View, WINDOW } from './state'

/** Three tabs hold half of it. */
const MOST_CHATS = 3000

export const STATES: readonly ConversationState[] = ['new', 'in_work', 'closed']

function put<V>(map: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> {
  return map.get(key) === value ? map : new Map(map).set(key, value)
}

function without<V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> {
  if (!map.has(key)) return map
  const copy = new Map(map)
  copy.delete(key)
  return copy
}

/** The order of the list: the latest first. */
export function before(a: Chat, b: Chat): boolean {
  if (a.last_message_at !== b.last_message_at) return a.last_message_at > b.last_message_at
  return a.conversation_id > b.conversation_id
}

/** Puts a conversation where it belongs in a tab, or out of it. */
function place(view: View, chat: Chat, chats: ReadonlyMap<string, Chat>, belongs: boolean): View {
  const id = chat.conversation_id
  const at = view.ids.indexOf(id)
  if (!belongs) return at < 0 ? view : { ...view, ids: view.ids.filter((other) => other !== id) }
  const ids = at < 0 ? [...view.ids] : view.ids.toSpliced(at, 1)
  let low = 0
  let high = ids.length
  while (low < high) {
    const middle = (low + high) >> 1
    const other = chats.get(ids[middle]!)
    if (other && before(other, chat)) low = middle + 1
    else high = middle
  }
  // Below the window's end there may be others that we do not have: the next page brings it.
  if (low === ids.length && (view.next !== null || view.cut)) return at < 0 ? view : { ...view, ids }
  if (low === at) return view
  ids.splice(low, 0, id)
  return ids.length > WINDOW ? { ...view, ids: ids.slice(0, WINDOW), cut: true } : { ...view, ids }
}

export function withChat(state: State, chat: Chat): State {
  const old = state.chats.get(chat.conversation_id)
  const whole = {
    ...chat,
    read_position: chat.read_position ?? old?.read_position,
    unread: chat.unread ?? old?.unread,
    // A count that the server gave reaches to the end.
    counted: chat.counted ?? (chat.unread === undefined ? old?.counted : chat.last_position),
  }
  const chats = put(state.chats, chat.conversation_id, whole)
  let views = state.views
  for (const name of STATES) {
    const belongs = chat.state === name && matches(whole, state.filter, state.me.employee_id)
    const view = views[name].load === 'yes' ? place(views[name], whole, chats, belongs) : views[name]
    if (view !== views[name]) views = { ...views, [name]: view }
  }
  return { ...state, chats, views }
}

/** A message of the customer is one more to read, once. */
function withUnread(chat: Chat, { direction, position }: Message): Chat {
  if (direction !== 'inbound' || position <= (chat.counted ?? chat.last_position)) return chat
  return { ...chat, unread: (chat.unread ?? 0) + 1, counted: position }
}

/** What stands behind the mark can be no more than there are places: which of them are the customer's is
 * not known here, and when all is read it does not matter. */
function readUpTo(chat: Chat, position: number): Chat {
  if ((chat.read_position ?? 0) >= position) return chat
  const unread = Math.min(chat.unread ?? 0, Math.max(0, chat.last_position - position))
  return { ...chat, read_position: position, unread }
}

/** A page of the list, as the server answered. */
export function withPage(
  state: State,
  name: ConversationState,
  page: { items: Listed[]; next?: string | null },
  from: 'top' | 'further',
  fresher: (id: string) => boolean,
): State {
  const chats = new Map(state.chats)
  for (const item of page.items) {
    const id = item.conversation_id
    const held = chats.get(id)
    // An event that came while the page was on its way is newer than the page.
    if (held && fresher(id)) {
      const { read_position = item.read_position, unread = item.unread } = held
      chats.set(id, { ...held, read_position, unread })
    } else chats.set(id, readUpTo({ ...item, counted: item.last_position }, held?.read_position ?? 0))
  }
  const ids = page.items.map((item) => item.conversation_id).filter((id) => chats.get(id)?.state === name)
  const old = from === 'top' ? [] : state.views[name].ids
  const known = new Set(old)
  const all = [...old, ...ids.filter((id) => !known.has(id))]
  const view: View = {
    ids: all.slice(0, WINDOW),
    next: page.next ?? null,
    load: 'yes',
    cut: all.length > WINDOW || (all.length === WINDOW && !!page.next),
  }
  return { ...state, chats, views: { ...state.views, [name]: view } }
}

/** Joins messages into a thread by their place; the newer copy of a message wins. */
export function joined(items: readonly Message[], more: readonly Message[]): readonly Message[] {
  const last = items.at(-1)
  const first = more[0]
  if (first && (!last || last.position < first.position)) return [...items, ...more]
  const byId = new Map(items.map((message) => [message.message_id, message]))
  for (const message of more) byId.set(message.message_id, message)
  return [...byId.values()].sort((a, b) => a.position - b.position)
}

export function withThread(state: State, id: string, change: (thread: Thread) => Thread): State {
  const thread = state.threads.get(id) ?? EMPTY_THREAD
  return { ...state, threads: put(state.threads, id, change(thread)) }
}

/** A page of messages, oldest first, put into what is held. */
export function withMessages(
  thread: Thread,
  page: readonly Message[],
  which: 'latest' | 'older' | 'newer' | 'around',
  asked: number,
  lastPosition: number | undefined,
): Thread {
  const full = page.length >= asked
  const first = page[0]
  const last = thread.items.at(-1)
  switch (which) {
    case 'older':
      return { ...thread, items: joined(page, thread.items), older: full, load: 'yes' }
    case 'newer':
      return { ...thread, items: joined(thread.items, page), newer: full, load: 'yes' }
    case 'around': {
      const end = page.at(-1)
      return {
        items: page,
        // Those before were not asked for; the first of all has the place 1.
        older: !!first && first.position > 1,
        newer: lastPosition === undefined ? full : !!end && end.position < lastPosition,
        load: 'yes',
      }
    }
    case 'latest': {
      // A page that does not reach what we have would leave a hole: it stands alone then.
      const hole = thread.newer || (last && first && first.position > last.position)
      if (hole) return { items: page, older: full, newer: false, load: 'yes' }
      // What events brought meanwhile is newer than the page.
      const older = thread.items.length > 0 ? thread.older : full
      return { items: joined(page, thread.items), older, newer: false, load: 'yes' }
    }
  }
}

function withMessage(state: State, message: Message): State {
  const thread = state.threads.get(message.conversation_id)
  if (!thread || thread.load === 'no') return state
  const last = thread.items.at(-1)
  if (thread.newer && last && message.position > last.position) return state
  const items = joined(thread.items, [message])
  return { ...state, threads: put(state.threads, message.conversation_id, { ...thread, items }) }
}

export function withRead(state: State, id: string, position: number): State {
  const chat = state.chats.get(id)
  return chat ? { ...state, chats: put(state.chats, id, readUpTo(chat, position)) } : state
}

/** What a fact asks to be read anew, beside what it changed. */
export type Wish = { list: ConversationState } | 'counts' | 'directories'

export function withFact(state: State, fact: EventFrame): { state: State; wishes: Wish[] } {
  switch (fact.kind) {
    case 'conversation.created':
    case 'conversation.changed': {
      const chat = fact.data.conversation as Chat
      const fresh = fact.kind === 'conversation.created' ? { ...chat, read_position: 0, unread: 0, counted: 0 } : chat
      return { state: withChat(state, fresh), wishes: ['counts', ...strange(state, chat.tags)] }
    }
    case 'conversation.hidden': {
      const id = fact.data.conversation_id
      let views = state.views
      for (const name of STATES) {
        const ids = views[name].ids.filter((other) => other !== id)
        if (ids.length !== views[name].ids.length) {
          views = { ...views, [name]: { ...views[name], ids } }
        }
      }
      const chats = without(state.chats, id)
      const threads = without(state.threads, id)
      return { state: { ...state, views, chats, threads }, wishes: ['counts'] }
    }
    case 'conversation.read': {
      if (fact.data.employee_id !== state.me.employee_id) return { state, wishes: [] }
      return { state: withRead(state, fact.data.conversation_id, fact.data.position), wishes: [] }
    }
    case 'message.created': {
      const { message, conversation: tail } = fact.data
      let next = withMessage(state, message)
      const typing = next.typing.get(tail.conversation_id)
      if (typing && (message.direction === 'inbound') === (typing.who === 'visitor')) {
        next = { ...next, typing: without(next.typing, tail.conversation_id) }
      }
      const held = next.chats.get(tail.conversation_id)
      if (!held) return { state: next, wishes: [{ list: tail.state }, 'counts'] }
      const chat = withUnread(held, message)
      if (chat.last_position > tail.last_position) {
        return { state: { ...next, chats: put(next.chats, chat.conversation_id, chat) }, wishes: [] }
      }
      const mine = message.author_id === state.me.employee_id
      const wishes: Wish[] = chat.state === tail.state ? [] : ['counts']
      const last = { ...chat, ...tail }
      return { state: withChat(next, mine ? readUpTo(last, tail.last_position) : last), wishes }
    }
    case 'message.changed':
      return { state: withMessage(state, fact.data.message), wishes: [] }
    case 'contact.changed': {
      const contact = fact.data.contact
      const contacts = put(state.contacts, contact.contact_id, contact)
      let chats = state.chats
      for (const chat of state.chats.values()) {
        if (chat.contact_id === contact.contact_id && chat.contact_name !== contact.name) {
          chats = put(chats, chat.conversation_id, { ...chat, contact_name: contact.name })
        }
      }
      return { state: { ...state, contacts, chats }, wishes: strange(state, contact.tags) }
    }
    case 'channel.changed': {
      const channel = fact.data.channel
      return { state: { ...state, channels: put(state.channels, channel.channel_id, channel) }, wishes: [] }
    }
    case 'employee.changed': {
      const card = fact.data.employee
      const old = state.employees.get(card.employee_id)
      // Somebody joined: the card says less than the directory.
      if (!old) return { state, wishes: ['directories'] }
      const employee = { ...old, ...card }
      const me = card.employee_id === state.me.employee_id ? { ...state.me, ...card } : state.me
      return {
        state: { ...state, me, employees: put(state.employees, card.employee_id, employee) },
        wishes: [],
      }
    }
    case 'directory.changed': {
      const { of } = fact.data
      return { state, wishes: of === 'scenarios' || of === 'schedules' ? [] : ['directories'] }
    }
    case 'crm.changed': {
      const id = fact.data.conversation_id
      return { state: id && id !== state.open ? state : { ...state, crm: state.crm + 1 }, wishes: [] }
    }
    case 'number.checked':
      return { state: { ...state, numbers: state.numbers + 1 }, wishes: [] }
    // Who writes a draft here wins over what comes: the drafts decide, not the facts.
    case 'draft.changed':
    case 'quarantine.added':
    case 'routing.alarm':
      return { state, wishes: [] }
    // A newer server may tell of more.
    default:
      fact satisfies never
      return { state, wishes: [] }
  }
}

/** A tag that we do not know was made by a colleague: its word may come after what wears it. */
function strange(state: State, tags: readonly string[] = []): Wish[] {
  return tags.every((tag) => state.tags.has(tag)) ? [] : ['directories']
}

/** Conversations that no list shows are let go when there are many: a desk is open for days. */
export function withoutStrays(state: State, most = MOST_CHATS): State {
  if (state.chats.size <= most) return state
  const kept = new Set([...STATES.flatMap((name) => state.views[name].ids), ...state.closing, ...state.selected])
  for (const { conversation_id } of state.outgoing) kept.add(conversation_id)
  if (state.open) kept.add(state.open)
  const chats = new Map([...state.chats].filter(([id]) => kept.has(id)))
  return chats.size === state.chats.size ? state : { ...state, chats }
}

export function withTyping(state: State, id: string, who: string, until: number): State {
  if (who === state.me.employee_id) return state
  return { ...state, typing: put(state.typing, id, { who, until }) }
}

/** Forgets those who stopped writing. */
export function withoutOldTyping(state: State, now: number): State {
  const left = [...state.typing].filter(([, typing]) => typing.until > now)
  return left.length === state.typing.size ? state : { ...state, typing: new Map(left) }
}

export function withViewing(state: State, id: string, who: string, on: boolean): State {
  if (who === state.me.employee_id) return state
  const others = (state.viewing.get(id) ?? []).filter((other) => other !== who)
  return { ...state, viewing: put(state.viewing, id, on ? [...others, who] : others) }
}
