import { pause } from './relay'
import type { ClientFrame, ServerFrame } from './types'

const LOG_IN = 4001
const RESUME = 4008
const RESTART = 1012
/** The server says something at least every 15 seconds. */
const SILENCE = 40_000

export interface WireListener {
  frame(frame: ServerFrame): void
  /** From which number to go on; `null`: from now. */
  after(): number | null
  connecting(): void
  lost(): void
  loggedOut(): void
}

/** What leads to the server: a WebSocket that comes back by itself. */
export interface Wire {
  say(frame: ClientFrame): void
  /** Connects at once. */
  now(): void
  /** Connects if the pause is over: the clocks of hidden pages are slow. */
  nudge(): void
  end(): void
}

export class SocketWire implements Wire {
  #socket: WebSocket | null = null
  #tries = 0
  #due = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #silence: ReturnType<typeof setTimeout> | undefined
  #ended = false

  constructor(private readonly listener: WireListener) {
    addEventListener('online', this.#online)
    this.now()
  }

  #online = () => this.now()

  now() {
    if (this.#ended || this.#socket) return
    clearTimeout(this.#timer)
    const url = new URL('/api/v1/socket', location.href)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    const socket = new WebSocket(url)
    this.#socket = socket
    this.listener.connecting()
    this.#listen()
    // The cookie says who we are; the first frame says from where to go on.
    socket.onopen = () => this.say({ type: 'hello', after: this.listener.after() })
    socket.onmessage = (event: MessageEvent<string>) => {
      if (this.#socket !== socket) return
      this.#listen()
      const frame: ServerFrame = JSON.parse(event.data)
      if (frame.type === 'welcome') this.#tries = 0
      this.listener.frame(frame)
    }
    socket.onclose = (event) => {
      if (this.#socket === socket) this.#lost(event.code)
    }
  }

  nudge() {
    if (Date.now() >= this.#due) this.now()
  }

  say(frame: ClientFrame) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame))
  }

  end() {
    this.#ended = true
    clearTimeout(this.#timer)
    clearTimeout(this.#silence)
    removeEventListener('online', this.#online)
    this.#socket?.close()
    this.#socket = null
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
    this.listener.lost()
    if (code === LOG_IN) return this.listener.loggedOut()
    const soon = code === RESUME || code === RESTART
    const wait = soon ? 100 + Math.random() * 900 : pause(this.#tries++, Math.random())
    this.#due = Date.now() + wait
    this.#timer = setTimeout(() => this.now(), wait)
  }
}
