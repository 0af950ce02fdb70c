import type { ClientFrame, ServerFrame } from './types'

/** How the connection stands, for people. */
export type Link = 'connecting' | 'online' | 'offline'

export interface Listener {
  frame(frame: ServerFrame): void
  link(link: Link): void
  /** The server does not know us any more: ask who is logged in. */
  loggedOut(): void
}

const LOG_IN = 4001
const RESUME = 4008
const RESTART = 1012
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 20_000
/** The server says something at least every 15 seconds. */
const SILENCE = 40_000

/** The socket of events: it comes back by itself, from the last number seen. */
export class EventSocket {
  #socket: WebSocket | null = null
  #seq: number | null = null
  #pause = FIRST_PAUSE
  #timer: ReturnType<typeof setTimeout> | undefined
  #silence: ReturnType<typeof setTimeout> | undefined
  #ended = false

  constructor(private readonly listener: Listener) {
    addEventListener('online', this.#now)
  }

  connect() {
    if (this.#ended || this.#socket) return
    clearTimeout(this.#timer)
    const url = new URL('/api/v1/socket', location.href)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    const socket = new WebSocket(url)
    this.#socket = socket
    this.listener.link('connecting')
    this.#listen()
    // The cookie says who we are; the first frame says from where to go on.
    socket.onopen = () => this.say({ type: 'hello', after: this.#seq })
    socket.onmessage = (event: MessageEvent<string>) => this.#take(JSON.parse(event.data))
    socket.onclose = (event) => {
      if (this.#socket === socket) this.#lost(event.code)
    }
  }

  /** Says something, if anybody listens: typing and looking are worth nothing later. */
  say(frame: ClientFrame) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame))
  }

  end() {
    this.#ended = true
    clearTimeout(this.#timer)
    clearTimeout(this.#silence)
    removeEventListener('online', this.#now)
    this.#socket?.close()
    this.#socket = null
  }

  #now = () => {
    if (!this.#socket) this.connect()
  }

  #take(frame: ServerFrame) {
    this.#listen()
    if (frame.type === 'welcome') {
      this.#pause = FIRST_PAUSE
      this.#seq ??= frame.seq
      this.listener.link('online')
    }
    this.listener.frame(frame)
    if (frame.type === 'event' || frame.type === 'seq' || frame.type === 'resync') {
      this.#seq = frame.seq
    }
  }

  #listen() {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => {
      const dead = this.#socket
      this.#lost(0)
      dead?.close()
    }, SILENCE)
  }

  #lost(code: number) {
    this.#socket = null
    clearTimeout(this.#silence)
    if (this.#ended) return
    this.listener.link('offline')
    if (code === LOG_IN) return this.listener.loggedOut()
    const soon = code === RESUME || code === RESTART
    const pause = soon ? 100 : this.#pause * (0.75 + Math.random() / 2)
    if (!soon) this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE)
    this.#timer = setTimeout(() => this.connect(), pause)
  }
}
