import { api, ask, Refused } from '../../kit/api/client'
import { EventSocket, type Link } from '../../kit/api/socket'
import type { ConversationState, Employee, EventFrame, Presence, ServerFrame } from '../../kit/api/types'
import { newId } from '../../kit/id'
import { Box } from './box'
import { asQuery, type Filter } from './filter'
import { DraftSync, readDrafts, server, writeDraft } from './drafts'
import { Outbox } from './outbox'
import * as reduce from './reduce'
import { type Chat, emptyState, type Outgoing, type State, type Target } from './state'
import { type Mode, readCanned, readContactFields } from './talk-api'

const PAGE = 50
const TYPING_SHOWN = 4000
const COUNTS_PAUSE = 250
/** How long a closing may be undone. The server closes for good, so it is told only then. */
export const UNDO_FOR = 8000

/** Everything the desk does: the state, the socket that keeps it, and the deeds of a person. */
export class Desk {
  readonly box: Box
  readonly outbox: Outbox
  readonly drafts: DraftSync
  readonly #socket: EventSocket
  /** The number of the last event about a conversation, to tell an older answer from a newer. */
  readonly #touched = new Map<string, number>()
  #events = 0
  #batch: EventFrame[] = []
  #scheduled = false
  #countsTimer = 0
  #lists = new Map<ConversationState, number>()
  #typingSaid = 0
  #closers = new Map<string, () => void>()
  #clock = 0

  constructor(me: Employee, loggedOut: () => void) {
    this.box = new Box({ ...emptyState(me), drafts: readDrafts(me.employee_id) })
    this.outbox = new Outbox(this.box)
    this.drafts = new DraftSync(me.employee_id, {
      ...server,
      text: (key) => this.state.drafts.get(key) ?? '',
      show: (key, text) => this.#showDraft(key, text),
      keys: () => this.state.drafts.keys(),
    })
    this.#socket = new EventSocket({
      frame: (frame) => this.#frame(frame),
      link: (link) => this.#link(link),
      loggedOut,
    })
  }

  start() {
    this.#socket.connect()
    this.#readAll()
    void this.outbox.start()
    void this.drafts.start()
    addEventListener('pagehide', this.#leave)
    this.#clock = setInterval(() => {
      this.box.change((state) => reduce.withoutOldTyping(state, Date.now()))
    }, 1000)
  }

  end() {
    this.#leave()
    removeEventListener('pagehide', this.#leave)
    clearInterval(this.#clock)
    this.#socket.end()
    this.outbox.end()
    this.drafts.end()
  }

  get state(): State {
    return this.box.state
  }

  // What comes from the server

  #link(link: Link) {
    this.box.change((state) => (state.link === link ? state : { ...state, link }))
    if (link === 'online') {
      this.outbox.flush()
      this.#socket.say({ type: 'viewing', conversation_id: this.state.open })
    }
  }

  #frame(frame: ServerFrame) {
    switch (frame.type) {
      case 'event':
        if (this.#heardDraft(frame)) return
        this.#batch.push(frame)
        return this.#schedule()
      case 'resync':
        this.#batch = []
        return this.#readAll()
      case 'typing':
        return this.#typing(frame.conversation_id, frame.employee_id)
      case 'visitor_typing':
        return this.#typing(frame.conversation_id, 'visitor')
      case 'viewing':
        return this.box.change((s) => reduce.withViewing(s, frame.conversation_id, frame.employee_id, frame.on))
    }
  }

  /** Drafts are no part of what facts change: who writes here wins over what comes. */
  #heardDraft(frame: EventFrame): boolean {
    const fact = frame as unknown as { kind: string; data: { conversation_id: string; mode: Mode; text: string } }
    if (fact.kind !== 'draft.changed') return false
    this.drafts.heard(fact.data.conversation_id, fact.data.mode, fact.data.text)
    return true
  }

  #typing(id: string, who: string) {
    this.box.change((state) => reduce.withTyping(state, id, who, Date.now() + TYPING_SHOWN))
  }

  /** Events of one frame of the screen are applied together. A hidden page has no frames. */
  #schedule() {
    if (this.#scheduled) return
    this.#scheduled = true
    const apply = () => {
      this.#scheduled = false
      this.#apply()
    }
    if (document.hidden) setTimeout(apply, 50)
    else requestAnimationFrame(apply)
  }

  #apply() {
    const facts = this.#batch
    this.#batch = []
    const lists = new Set<ConversationState>()
    let counts = false
    let directories = false
    let incoming = false
    this.box.change((state) => {
      for (const fact of facts) {
        const id = conversationOf(fact)
        if (id) this.#touched.set(id, ++this.#events)
        const done = reduce.withFact(state, fact)
        state = done.state
        for (const wish of done.wishes) {
          if (wish === 'counts') counts = true
          else if (wish === 'directories') directories = true
          else lists.add(wish.list)
        }
        incoming ||= fact.kind === 'message.created' && fact.data.message.direction === 'inbound'
      }
      return state
    })
    for (const name of lists) this.#readListSoon(name)
    if (counts) this.#readCountsSoon()
    if (directories) this.#readDirectoriesSoon()
    if (incoming) this.onIncoming?.()
  }

  /** A customer wrote. */
  onIncoming: (() => void) | null = null

  // Reading

  #readAll() {
    const { views, open, threads } = this.state
    for (const name of reduce.STATES) if (views[name].load !== 'no') void this.readList(name, 'top')
    this.box.change((state) => {
      const kept = open ? threads.get(open) : undefined
      return { ...state, threads: kept && open ? new Map([[open, kept]]) : new Map(), viewing: new Map() }
    })
    if (open) void this.#readOpen(open)
    this.#readCountsSoon()
    void this.#readDirectories()
  }

  #directoriesTimer = 0

  #readDirectoriesSoon() {
    if (this.#directoriesTimer) return
    this.#directoriesTimer = setTimeout(() => {
      this.#directoriesTimer = 0
      void this.#readDirectories()
    }, 300)
  }

  async #readDirectories() {
    const query = { limit: 100 }
    const reads = [
      ask(api.GET('/api/v1/channels')).then(({ items }) =>
        this.box.change((s) => ({ ...s, channels: new Map(items.map((i) => [i.channel_id, i])) })),
      ),
      ask(api.GET('/api/v1/channel-kinds')).then(({ items }) =>
        this.box.change((s) => ({ ...s, kinds: new Map(items.map((i) => [i.kind, i.capabilities])) })),
      ),
      everyPage((cursor) => ask(api.GET('/api/v1/employees', { params: { query: { ...query, cursor } } }))).then(
        (items) =>
          this.box.change((s) => ({
            ...s,
            me: items.find((i) => i.employee_id === s.me.employee_id) ?? s.me,
            employees: new Map(items.map((i) => [i.employee_id, i])),
          })),
      ),
      everyPage((cursor) => ask(api.GET('/api/v1/groups', { params: { query: { ...query, cursor } } }))).then((items) =>
        this.box.change((s) => ({ ...s, groups: new Map(items.map((i) => [i.group_id, i])) })),
      ),
      ask(api.GET('/api/v1/tags')).then(({ items }) =>
        this.box.change((s) => ({ ...s, tags: new Map(items.map((i) => [i.tag_id, i])) })),
      ),
      readCanned().then((canned) => this.box.change((s) => ({ ...s, canned }))),
      readContactFields().then((fields) => this.box.change((s) => ({ ...s, fields }))),
    ]
    await Promise.allSettled(reads)
  }

  async readList(name: ConversationState, from: 'top' | 'further') {
    const view = this.state.views[name]
    if (from === 'further' && (view.load === 'loading' || !view.next || view.cut)) return
    if (from === 'top') this.#lists.set(name, (this.#lists.get(name) ?? 0) + 1)
    const round = this.#lists.get(name)
    const filter = this.state.filter
    const since = this.#events
    this.#setView(name, { load: 'loading' })
    try {
      const page = await ask(
        api.GET('/api/v1/conversations', {
          params: {
            query: {
              state: name,
              limit: PAGE,
              cursor: from === 'further' ? (view.next ?? undefined) : undefined,
              ...asQuery(filter, this.state.me.employee_id),
            },
          },
        }),
      )
      if (round !== this.#lists.get(name)) return
      this.box.change((state) => {
        let next = reduce.withPage(state, name, page, from, (id) => (this.#touched.get(id) ?? 0) > since)
        // What moved into this tab while the page was on its way.
        for (const [id, at] of this.#touched) {
          const chat = at > since ? next.chats.get(id) : undefined
          if (chat) next = reduce.withChat(next, chat)
        }
        return next
      })
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      if (round === this.#lists.get(name)) this.#setView(name, { load: 'failed' })
      if (error.passing) setTimeout(() => this.state.views[name].load === 'failed' && this.readList(name, 'top'), 3000)
    }
  }

  #setView(name: ConversationState, change: Partial<State['views']['new']>) {
    this.box.change((s) => ({ ...s, views: { ...s.views, [name]: { ...s.views[name], ...change } } }))
  }

  #listTimers = new Map<ConversationState, number>()

  #readListSoon(name: ConversationState) {
    if (this.state.views[name].load === 'no' || this.#listTimers.has(name)) return
    const read = () => {
      this.#listTimers.delete(name)
      void this.readList(name, 'top')
    }
    this.#listTimers.set(name, setTimeout(read, 150))
  }

  #readCountsSoon() {
    if (this.#countsTimer) return
    this.#countsTimer = setTimeout(async () => {
      this.#countsTimer = 0
      try {
        const counts = await ask(api.GET('/api/v1/conversations/counts'))
        this.box.change((state) => ({ ...state, counts }))
      } catch (error) {
        if (!(error instanceof Refused)) throw error
      }
    }, COUNTS_PAUSE)
  }

  setFilter(filter: Filter) {
    this.box.change((state) => {
      const views = { ...state.views }
      for (const name of reduce.STATES) views[name] = { ids: [], next: null, load: 'no' }
      return { ...state, filter, views }
    })
  }

  /** What is to be shown of a conversation that is or will be open; `null`: it was shown. */
  aim(target: Target | null) {
    this.box.change((state) => (state.target === target ? state : { ...state, target }))
  }

  /** Opens a conversation, or none. */
  open(id: string | null) {
    if (this.state.open === id) return
    this.box.change((state) => ({
      ...state,
      open: id,
      target: state.target?.conversation_id === id ? state.target : null,
    }))
    this.#socket.say({ type: 'viewing', conversation_id: id })
    if (id) void this.#readOpen(id)
  }

  async #readOpen(id: string) {
    await Promise.all([this.#readChat(id), this.readThread(id, 'latest')])
  }

  async #readChat(id: string) {
    try {
      const since = this.#events
      if (!this.state.chats.has(id)) {
        const chat = await this.#call(id, 'get')
        if ((this.#touched.get(id) ?? 0) <= since) this.box.change((s) => reduce.withChat(s, chat))
      }
      const contact = this.state.chats.get(id)?.contact_id
      if (contact) await this.readContact(contact)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      if (error.status === 404) this.onGone?.(id)
    }
  }

  /** The open conversation does not exist for us. */
  onGone: ((id: string) => void) | null = null

  async readContact(id: string) {
    const contact = await ask(api.GET('/api/v1/contacts/{contact_id}', { params: { path: { contact_id: id } } }))
    this.box.change((s) => ({ ...s, contacts: new Map(s.contacts).set(id, contact) }))
  }

  /** Reads messages: the latest, those before or after what is held, or those around a place. */
  async readThread(id: string, which: 'latest' | 'older' | 'newer' | { around: number }) {
    const thread = this.state.threads.get(id)
    const more = which === 'older' || which === 'newer'
    if (more && (!thread || thread.load === 'loading' || !thread[which])) return
    const around = typeof which === 'object' ? which.around : null
    const round = (this.#threads.get(id) ?? 0) + 1
    this.#threads.set(id, round)
    this.box.change((s) => reduce.withThread(s, id, (t) => ({ ...t, load: 'loading' })))
    const query = {
      limit: PAGE,
      before: which === 'older' ? thread?.items[0]?.position : undefined,
      after: which === 'newer' ? thread?.items.at(-1)?.position : around === null ? undefined : Math.max(0, around - PAGE / 2),
    }
    try {
      const { items } = await ask(
        api.GET('/api/v1/conversations/{conversation_id}/messages', {
          params: { path: { conversation_id: id }, query },
        }),
      )
      if (round !== this.#threads.get(id)) return
      const last = this.state.chats.get(id)?.last_position
      this.box.change((s) =>
        reduce.withThread(s, id, (t) => reduce.withMessages(t, items, around === null ? (which as 'latest') : 'around', PAGE, last)),
      )
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      if (round !== this.#threads.get(id)) return
      this.box.change((s) => reduce.withThread(s, id, (t) => ({ ...t, load: 'failed' })))
    }
  }

  #threads = new Map<string, number>()

  // Deeds

  async #call(id: string, deed: 'get' | 'take' | 'join' | 'close'): Promise<Chat> {
    const params = { path: { conversation_id: id } }
    switch (deed) {
      case 'get':
        return ask(api.GET('/api/v1/conversations/{conversation_id}', { params }))
      case 'take':
        return ask(api.POST('/api/v1/conversations/{conversation_id}/take', { params }))
      case 'join':
        return ask(api.POST('/api/v1/conversations/{conversation_id}/join', { params }))
      case 'close':
        return ask(api.POST('/api/v1/conversations/{conversation_id}/close', { params }))
    }
  }

  async take(id: string) {
    const chat = await this.#call(id, 'take')
    this.box.change((state) => reduce.withChat(state, chat))
    this.#readCountsSoon()
  }

  async join(id: string) {
    const chat = await this.#call(id, 'join')
    this.box.change((state) => reduce.withChat(state, chat))
  }

  async assign(id: string, to: { employee_id?: string; group_id?: string }) {
    const chat = await ask(
      api.POST('/api/v1/conversations/{conversation_id}/assign', {
        params: { path: { conversation_id: id } },
        body: to,
      }),
    )
    this.box.change((state) => reduce.withChat(state, chat))
    this.#readCountsSoon()
  }

  /** Closes after a while in which it may be undone; `failed` hears why it could not. */
  close(id: string, failed: (error: Refused) => void) {
    if (this.#closers.has(id)) return
    this.#setClosing(id, true)
    const close = () => {
      clearTimeout(timer)
      this.#closers.delete(id)
      this.#call(id, 'close')
        .then((chat) => this.box.change((state) => reduce.withChat(state, chat)))
        .catch((error: unknown) => {
          if (!(error instanceof Refused)) throw error
          failed(error)
        })
        .finally(() => {
          this.#setClosing(id, false)
          this.#readCountsSoon()
        })
    }
    const timer = setTimeout(close, UNDO_FOR)
    this.#closers.set(id, close)
    this.#undo.set(id, () => clearTimeout(timer))
  }

  #undo = new Map<string, () => void>()

  undoClose(id: string) {
    this.#undo.get(id)?.()
    this.#closers.delete(id)
    this.#setClosing(id, false)
  }

  #setClosing(id: string, on: boolean) {
    this.box.change((state) => {
      const closing = new Set(state.closing)
      if (on) closing.add(id)
      else closing.delete(id)
      return { ...state, closing }
    })
  }

  /** What was closed by a person is closed when they leave, undone or not. */
  #leave = () => {
    for (const id of this.#closers.keys()) {
      this.#undo.get(id)?.()
      void fetch(`/api/v1/conversations/${id}/close`, { method: 'POST', keepalive: true })
    }
    this.#closers.clear()
  }

  send(message: Pick<Outgoing, 'conversation_id' | 'kind' | 'text' | 'files' | 'reply_to' | 'mentions' | 'subject'>) {
    this.#typingSaid = 0
    this.outbox.add({
      ...message,
      client_id: newId(),
      employee_id: this.state.me.employee_id,
      created_at: new Date().toISOString(),
      refusal: null,
    })
  }

  async sendAgain(message_id: string) {
    await ask(api.POST('/api/v1/messages/{message_id}/send-again', { params: { path: { message_id } } }))
  }

  markRead(id: string) {
    const chat = this.state.chats.get(id)
    if (!chat || (chat.read_position ?? 0) >= chat.last_position) return
    const position = chat.last_position
    this.box.change((state) => reduce.withRead(state, id, position))
    const params = { path: { conversation_id: id } }
    ask(api.POST('/api/v1/conversations/{conversation_id}/read', { params, body: { position } })).catch(() => {
      // The mark is told again with the next message; nothing is lost meanwhile.
    })
  }

  typing(id: string) {
    const now = Date.now()
    if (now - this.#typingSaid < 1500) return
    this.#typingSaid = now
    this.#socket.say({ type: 'typing', conversation_id: id })
  }

  setDraft(key: string, text: string) {
    if ((this.state.drafts.get(key) ?? '') === text) return
    this.#showDraft(key, text)
    this.drafts.wrote(key)
  }

  #showDraft(key: string, text: string) {
    this.box.change((state) => {
      if ((state.drafts.get(key) ?? '') === text) return state
      const drafts = new Map(state.drafts)
      if (text.trim()) drafts.set(key, text)
      else drafts.delete(key)
      return { ...state, drafts }
    })
    writeDraft(this.state.me.employee_id, key, text)
  }

  async setPresence(presence: Presence) {
    const me = await ask(api.PUT('/api/v1/me/presence', { body: { presence } }))
    this.box.change((s) => ({ ...s, me, employees: new Map(s.employees).set(me.employee_id, me) }))
  }

  async tag(what: 'contact' | 'conversation', id: string, tag_id: string, on: boolean) {
    if (what === 'contact') {
      const params = { path: { contact_id: id, tag_id } }
      const request = on
        ? api.PUT('/api/v1/contacts/{contact_id}/tags/{tag_id}', { params })
        : api.DELETE('/api/v1/contacts/{contact_id}/tags/{tag_id}', { params })
      const contact = await ask(request)
      this.box.change((s) => ({ ...s, contacts: new Map(s.contacts).set(id, contact) }))
      return
    }
    const params = { path: { conversation_id: id, tag_id } }
    const request = on
      ? api.PUT('/api/v1/conversations/{conversation_id}/tags/{tag_id}', { params })
      : api.DELETE('/api/v1/conversations/{conversation_id}/tags/{tag_id}', { params })
    const chat = await ask(request)
    this.box.change((s) => reduce.withChat(s, chat))
  }

  async makeTag(name: string): Promise<string> {
    const tag = await ask(api.POST('/api/v1/tags', { body: { name } }))
    this.box.change((s) => ({ ...s, tags: new Map(s.tags).set(tag.tag_id, tag) }))
    return tag.tag_id
  }

  /** Changes of a contact answer with the whole contact. */
  async changeContact(id: string, request: Promise<unknown>) {
    await request
    await this.readContact(id)
  }

  async writeFirst(body: { channel_id: string; to: string; text: string; subject: string | null; name?: string }) {
    const made = await ask(api.POST('/api/v1/conversations', { body: { ...body, client_id: newId() } }))
    this.box.change((state) => reduce.withChat(state, made.conversation))
    this.#readCountsSoon()
    return made.conversation
  }
}

function conversationOf(fact: EventFrame): string | null {
  switch (fact.kind) {
    case 'conversation.created':
    case 'conversation.changed':
      return fact.data.conversation.conversation_id
    case 'message.created':
      return fact.data.conversation.conversation_id
    case 'conversation.hidden':
      return fact.data.conversation_id
    default:
      return null
  }
}

async function everyPage<T>(read: (cursor?: string) => Promise<{ items: T[]; next?: string | null }>): Promise<T[]> {
  const all: T[] = []
  let cursor: string | undefined
  do {
    const page = await read(cursor)
    all.push(...page.items)
    cursor = page.next ?? undefined
  } while (cursor && all.length < 2000)
  return all
}
