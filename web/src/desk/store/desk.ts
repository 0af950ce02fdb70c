import { api, ask, Refused } from '../../kit/api/client'
import { EventSocket, type Link } from '../../kit/api/socket'
import type { ConversationState, Employee, EventFrame, Presence, ServerFrame } from '../../kit/api/types'
import { newId } from '../../kit/id'
import { Box } from './box'
import { Closing } from './closing'
import { readDirectories } from './directories'
import type { Filter } from './filter'
import { Lists } from './lists'
import { Settings } from './settings'
import { DraftSync, readDrafts, server, writeDraft } from './drafts'
import { Outbox } from './outbox'
import * as reduce from './reduce'
import { type Chat, emptyState, type Outgoing, type State, type Target } from './state'

const PAGE = 50
/** Colleagues say it again every second and a half, messengers every five. */
const TYPING_SHOWN = { colleague: 4000, visitor: 6000 }
/** So long the first reading waits for the socket; after that it does not, and is repeated. */
const WAIT_FOR_SOCKET = 800

/** Everything the desk does: the state, the socket that keeps it, and the deeds of a person. */
export class Desk {
  readonly box: Box
  readonly outbox: Outbox
  readonly drafts: DraftSync
  readonly #socket: EventSocket
  readonly settings: Settings
  readonly lists: Lists
  readonly closing: Closing
  #batch: EventFrame[] = []
  #scheduled = false
  #begun: { at: 'no' | 'late' | 'yes'; now: () => void } = { at: 'no', now() {} }
  #typingSaid = 0
  #clock: ReturnType<typeof setInterval> | undefined

  constructor(me: Employee, loggedOut: () => void) {
    this.box = new Box({ ...emptyState(me), drafts: readDrafts(me.employee_id) })
    this.outbox = new Outbox(this.box)
    this.drafts = new DraftSync(me.employee_id, {
      ...server,
      text: (key) => this.state.drafts.get(key) ?? '',
      show: (key, text) => this.#showDraft(key, text),
      keys: () => this.state.drafts.keys(),
    })
    const begun = new Promise<void>((done) => {
      this.#begun.now = done
    })
    this.lists = new Lists(this.box, begun)
    this.settings = new Settings(this.box, me.employee_id)
    this.closing = new Closing(
      (closing) => this.box.change((state) => ({ ...state, closing })),
      async (id) => {
        const chat = await this.#call(id, 'close')
        this.box.change((state) => reduce.withChat(state, chat))
        this.lists.readCountsSoon()
      },
    )
    this.#socket = new EventSocket(me.employee_id, {
      frame: (frame) => this.#frame(frame),
      link: (link) => this.#link(link),
      loggedOut,
    })
  }

  start() {
    this.#socket.connect()
    setTimeout(() => {
      if (this.#begun.at !== 'no') return
      this.#begun.at = 'late'
      this.#begun.now()
    }, WAIT_FOR_SOCKET)
    this.#readAll()
    this.settings.start()
    void this.outbox.start()
    void this.drafts.start()
    addEventListener('pagehide', this.closing.leave)
    document.addEventListener('visibilitychange', this.#look)
    this.#clock = setInterval(() => {
      this.box.change((state) => reduce.withoutOldTyping(state, Date.now()))
    }, 1000)
  }

  end() {
    this.closing.leave()
    removeEventListener('pagehide', this.closing.leave)
    document.removeEventListener('visibilitychange', this.#look)
    this.settings.end()
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
    if (link !== 'online') return
    const { at } = this.#begun
    this.#begun.at = 'yes'
    if (at === 'no') this.#begun.now()
    // What was read before events came may be old already.
    if (at === 'late') this.#readAll()
    this.outbox.flush()
    this.#look()
  }

  /** Of several tabs the one that a person looks at says what is looked at. */
  #look = () => {
    if (!document.hidden) this.#socket.say({ type: 'viewing', conversation_id: this.state.open })
  }

  #frame(frame: ServerFrame) {
    switch (frame.type) {
      case 'event':
        if (this.#heardDraft(frame)) return
        this.#batch.push(frame)
        return this.#schedule()
      case 'resync':
        this.#batch = []
        void this.drafts.reread()
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
    if (frame.kind !== 'draft.changed') return false
    const { conversation_id, mode, text } = frame.data
    this.drafts.heard(conversation_id, mode, text)
    return true
  }

  #typing(id: string, who: string) {
    this.box.change((state) => reduce.withTyping(state, id, who, Date.now() + TYPING_SHOWN[who === 'visitor' ? who : 'colleague']))
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
    const before = this.state
    this.box.change((state) => {
      for (const fact of facts) {
        const id = conversationOf(fact)
        if (id) this.lists.touch(id)
        const done = reduce.withFact(state, fact)
        state = done.state
        for (const wish of done.wishes) {
          if (wish === 'counts') counts = true
          else if (wish === 'directories') directories = true
          else lists.add(wish.list)
        }
      }
      return reduce.withoutStrays(state)
    })
    for (const name of lists) this.lists.readSoon(name)
    if (counts) this.lists.readCountsSoon()
    if (directories) this.#readDirectoriesSoon()
    this.onFacts?.(facts, before)
  }

  /** Hears what happened, after the state knows it. */
  onFacts: ((facts: readonly EventFrame[], before: State) => void) | null = null

  // Reading

  #readAll() {
    const { views, open, threads } = this.state
    for (const name of reduce.STATES) if (views[name].load !== 'no') void this.lists.read(name, 'top')
    this.box.change((state) => {
      const kept = open ? threads.get(open) : undefined
      const held = kept && open ? new Map([[open, kept]]) : new Map()
      return { ...state, threads: held, viewing: new Map(), crm: state.crm + 1, numbers: state.numbers + 1 }
    })
    if (open) void this.#readOpen(open)
    this.lists.readCountsSoon()
    void this.#readDirectories()
  }

  #directoriesTimer: ReturnType<typeof setTimeout> | undefined

  #readDirectoriesSoon(after = 300) {
    if (this.#directoriesTimer) return
    this.#directoriesTimer = setTimeout(() => {
      this.#directoriesTimer = undefined
      void this.#readDirectories()
    }, after)
  }

  async #readDirectories() {
    const read = await readDirectories(this.box)
    if (!read && this.#clock) this.#readDirectoriesSoon(3000)
  }

  readList(name: ConversationState, from: 'top' | 'further') {
    return this.lists.read(name, from)
  }

  setFilter(filter: Filter) {
    this.lists.setFilter(filter)
  }

  /** Chooses a conversation for a deed on many, or no longer. */
  select(ids: readonly string[], on: boolean) {
    this.box.change((state) => {
      const selected = new Set(state.selected)
      for (const id of ids) {
        if (on) selected.add(id)
        else selected.delete(id)
      }
      return { ...state, selected }
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
    if (id) this.markUnread(id, false)
    if (id) void this.#readOpen(id)
  }

  async #readOpen(id: string) {
    const { target, threads } = this.state
    const aimed = target?.conversation_id === id && !threads.get(id)?.items.some((m) => m.position === target.position)
    await Promise.all([this.#readChat(id), this.readThread(id, aimed ? { around: target.position } : 'latest')])
  }

  async #readChat(id: string) {
    try {
      const since = this.lists.now
      if (!this.state.chats.has(id)) {
        const chat = await this.#call(id, 'get')
        if (!this.lists.changedSince(id, since)) this.box.change((s) => reduce.withChat(s, chat))
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
      after: which === 'newer' ? thread?.items.at(-1)?.position : undefined,
      around: around ?? undefined,
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
    this.lists.readCountsSoon()
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
    this.lists.readCountsSoon()
  }

  /** Closes after a while in which it may be undone; `failed` hears why it could not. */
  close(id: string, failed: (error: unknown) => void) {
    this.closing.add([id], (outcome) => outcome.failed.forEach(({ why }) => failed(why)))
  }

  undoClose(id: string) {
    this.closing.undo([id])
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

  /** A mark of one's own, on every device; opening takes it away. */
  markUnread(id: string, on: boolean) {
    const { marked } = this.state.preferences
    if (marked.includes(id) === on) return
    this.settings.set({ marked: on ? [...marked, id].slice(-200) : marked.filter((other) => other !== id) })
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
    this.lists.readCountsSoon()
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
