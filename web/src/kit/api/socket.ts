import { newId } from '../id'
import { type Link, Lookers, type Numbered, numbered, Past, type Passing, type Said, Views } from './relay'
import type { ClientFrame, ServerFrame } from './types'
import { SocketWire, type Wire, type WireListener } from './wire'

export type { Link } from './relay'

export interface Listener {
  frame(frame: ServerFrame): void
  link(link: Link): void
  /** The server does not know us any more: ask who is logged in. */
  loggedOut(): void
}

/** The ways to other tabs and to the server: given, so that a test can play them. */
export interface Ways {
  channel: { post(said: Said): void; close(): void } | null
  /** Waits for the turn to lead; `steal` does not. Ends with `leave`. */
  office: { leave(): void; steal(): void }
  wire(listener: WireListener): Wire
  now(): number
}

export interface Office {
  enter(): void
  lose(): void
}

const TICK = 10_000
/** A leader that says nothing for so long is asked; one that does not answer is replaced. */
const QUIET = 50_000

/** The socket of events: one per browser. The tab that holds the office has it; the others get
 * every frame from that tab, and one of them takes over when it goes. Each tab knows how far it
 * came itself. Without locks (pages without TLS) each tab has a socket of its own. */
export class EventSocket {
  readonly #tab = newId()
  readonly #past = new Past()
  readonly #views = new Views()
  readonly #lookers = new Lookers()
  readonly #ways: Ways
  #wire: Wire | null = null
  #link: Link = 'connecting'
  #heard: number
  #asked = 0
  #timer: ReturnType<typeof setInterval> | undefined
  #ended = false

  constructor(
    name: string,
    private readonly listener: Listener,
    ways: (hear: (said: Said) => void, office: Office) => Ways = (hear, office) => browserWays(name, hear, office),
  ) {
    const office = { enter: () => this.#enter(), lose: () => this.#lose() }
    this.#ways = ways((said) => !this.#ended && this.#hear(said), office)
    this.#heard = this.#ways.now()
  }

  connect() {
    this.#post({ say: 'join', tab: this.#tab, after: this.#past.seq })
    this.#timer = setInterval(() => this.tick(), TICK)
    addEventListener('online', this.#look)
    document.addEventListener('visibilitychange', this.#look)
  }

  /** Says something, if anybody listens: typing and looking are worth nothing later. */
  say(frame: ClientFrame) {
    if (this.#wire) this.#tell(this.#tab, frame)
    else this.#post({ say: 'tell', tab: this.#tab, frame })
  }

  end() {
    this.#post({ say: 'bye', tab: this.#tab })
    this.#ended = true
    clearInterval(this.#timer)
    removeEventListener('online', this.#look)
    document.removeEventListener('visibilitychange', this.#look)
    this.#wire?.end()
    this.#wire = null
    this.#ways.office.leave()
    this.#ways.channel?.close()
  }

  /** Looks after the leader. */
  tick() {
    if (this.#wire) return
    if (this.#link !== 'online' && !document.hidden) this.#post({ say: 'poke' })
    const now = this.#ways.now()
    if (now - this.#heard < QUIET) return
    if (this.#asked < this.#heard) {
      this.#asked = now
      this.#post({ say: 'join', tab: this.#tab, after: this.#past.seq })
    } else if (now - this.#asked >= TICK - 1000) {
      this.#asked = 0
      this.#heard = now
      this.#ways.office.steal()
    }
  }

  #look = () => {
    if (document.hidden) return
    if (this.#wire) this.#wire.nudge()
    else this.#post({ say: 'poke' })
  }

  #post(said: Said) {
    if (!this.#ended) this.#ways.channel?.post(said)
  }

  #setLink(link: Link) {
    this.#link = link
    this.listener.link(link)
  }

  // In the office

  #enter() {
    if (this.#ended || this.#wire) return
    this.#wire = this.#ways.wire({
      after: () => this.#past.seq,
      frame: (frame) => this.#fromServer(frame),
      connecting: () => this.#tellLink('connecting'),
      lost: () => {
        this.#lookers.clear()
        this.#tellLink('offline')
      },
      loggedOut: () => {
        this.#post({ say: 'out' })
        this.listener.loggedOut()
      },
    })
  }

  #lose() {
    this.#wire?.end()
    this.#wire = null
  }

  #tellLink(link: Link) {
    this.#post({ say: 'link', link })
    this.#setLink(link)
  }

  #fromServer(frame: ServerFrame) {
    if (frame.type === 'welcome') {
      if (this.#past.seq === null) this.#past.begin(frame.seq)
      this.#post({ say: 'begun', seq: this.#past.seq ?? frame.seq })
      this.#setLink('online')
      this.#wire?.say({ type: 'viewing', conversation_id: this.#views.now })
      return
    }
    if (!numbered(frame)) {
      this.#lookers.hear(frame)
      this.#post({ say: 'passing', frame })
      return this.listener.frame(frame)
    }
    const after = this.#past.seq ?? 0
    if (this.#past.take(after, frame) !== 'new') return
    this.#post({ say: 'frame', after, frame })
    this.listener.frame(frame)
  }

  #tell(tab: string, frame: ClientFrame) {
    if (frame.type !== 'viewing') return this.#wire?.say(frame)
    this.#views.set(tab, frame.conversation_id ?? null)
    this.#wire?.say({ type: 'viewing', conversation_id: this.#views.now })
  }

  // Among tabs

  #hear(said: Said) {
    if (this.#wire) this.#asLeader(said)
    else this.#asFollower(said)
  }

  #asLeader(said: Said) {
    switch (said.say) {
      case 'join': {
        const { seq } = this.#past
        // The first welcome tells everybody.
        if (seq === null) return this.#post({ say: 'link', link: this.#link })
        const frames = said.after === null ? [] : this.#past.since(said.after)
        const viewing = this.#lookers.all
        return this.#post({ say: 'past', to: said.tab, seq, link: this.#link, frames, viewing })
      }
      case 'tell':
        return this.#tell(said.tab, said.frame)
      case 'bye':
        return this.#tell(said.tab, { type: 'viewing', conversation_id: null })
      case 'poke':
        return this.#wire?.nudge()
      default:
        // Another one leads: the office was taken over, and we are about to hear of it.
        return
    }
  }

  #asFollower(said: Said) {
    switch (said.say) {
      case 'past':
        this.#heard = this.#ways.now()
        if (said.to === this.#tab) this.#catchUp(said)
        return
      case 'begun':
        this.#heard = this.#ways.now()
        this.#lookers.clear()
        if (this.#past.seq === null) this.#past.begin(said.seq)
        else if (this.#past.seq < said.seq) this.#ask()
        // What this tab looks at, the new leader does not know.
        return this.#setLink('online')
      case 'frame':
        this.#heard = this.#ways.now()
        return this.#take(said.after, said.frame)
      case 'passing':
        this.#heard = this.#ways.now()
        return this.#pass(said.frame)
      case 'link':
        this.#heard = this.#ways.now()
        return this.#setLink(said.link)
      case 'out':
        return this.listener.loggedOut()
      case 'join':
      case 'tell':
      case 'bye':
      case 'poke':
        return
    }
  }

  #take(after: number, frame: Numbered) {
    const verdict = this.#past.take(after, frame)
    if (verdict === 'gap') this.#ask()
    else if (verdict === 'new') this.listener.frame(frame)
  }

  #pass(frame: Passing) {
    this.#lookers.hear(frame)
    this.listener.frame(frame)
  }

  #ask() {
    this.#post({ say: 'join', tab: this.#tab, after: this.#past.seq })
  }

  #catchUp({ seq, link, frames, viewing }: Extract<Said, { say: 'past' }>) {
    if (this.#past.seq === null) this.#past.begin(seq)
    else if (frames === null) {
      // A tab that is ahead of a new leader has nothing to read anew.
      if (seq > this.#past.seq) this.#take(this.#past.seq, { type: 'resync', seq })
    } else {
      for (const frame of frames) this.#take(this.#past.seq, frame)
      this.#take(this.#past.seq, { type: 'seq', seq })
    }
    for (const frame of viewing) this.#pass(frame)
    this.#setLink(link)
  }
}

/** The ways of a browser: a BroadcastChannel to the tabs, a Web Lock for the office. */
function browserWays(name: string, hear: (said: Said) => void, office: Office): Ways {
  const wire = (listener: WireListener) => new SocketWire(listener)
  const now = () => Date.now()
  const locks: LockManager | undefined = navigator.locks
  if (!locks || typeof BroadcastChannel === 'undefined') {
    // Later, when the one who asks is whole.
    queueMicrotask(office.enter)
    return { channel: null, office: { leave() {}, steal() {} }, wire, now }
  }
  const channel = new BroadcastChannel(`beseda.events.${name}`)
  channel.onmessage = (event: MessageEvent<Said>) => hear(event.data)
  const gone = new AbortController()
  let release = () => {}
  const hold = () => {
    // Granted in the moment in which we went.
    if (gone.signal.aborted) return Promise.resolve()
    office.enter()
    return new Promise<void>((done) => {
      release = done
    })
  }
  const request = (options: LockOptions) => {
    locks.request(`beseda.events.${name}`, options, hold).catch(() => {
      // Stolen, or we go. Who was robbed stands in line again.
      if (gone.signal.aborted) return
      office.lose()
      request({ signal: gone.signal })
    })
  }
  request({ signal: gone.signal })
  return {
    channel: { post: (said) => channel.postMessage(said), close: () => channel.close() },
    office: {
      leave() {
        gone.abort()
        release()
      },
      steal: () => request({ steal: true }),
    },
    wire,
    now,
  }
}
