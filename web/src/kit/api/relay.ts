/** What the tabs of one browser pass to each other, so that one socket serves them all. Pure: who
 * talks to whom is the business of `socket.ts`. */
import type { ClientFrame, EventFrame, ServerFrame } from './types'

/** How the connection stands, for people. */
export type Link = 'connecting' | 'online' | 'offline'

/** Frames with a number of the feed. */
export type Numbered = Extract<ServerFrame, { type: 'event' | 'seq' | 'resync' }>
/** Frames outside of the feed: worth something now or never. */
export type Passing = Exclude<ServerFrame, Numbered | { type: 'welcome' }>

export type Said =
  /** A tab came, or missed something: it has everything up to `after`. */
  | { say: 'join'; tab: string; after: number | null }
  /** What a tab missed; `frames: null`: too much, it must read its state anew. */
  | { say: 'past'; to: string; seq: number; link: Link; frames: EventFrame[] | null; viewing: Passing[] }
  /** The socket stands. */
  | { say: 'begun'; seq: number }
  /** A frame, and the number that the leader had before it. */
  | { say: 'frame'; after: number; frame: Numbered }
  | { say: 'passing'; frame: Passing }
  | { say: 'link'; link: Link }
  /** A tab has something for the server. */
  | { say: 'tell'; tab: string; frame: ClientFrame }
  | { say: 'bye'; tab: string }
  /** Somebody looks at a tab: if it is time to connect, do. */
  | { say: 'poke' }
  /** The server does not know us any more. */
  | { say: 'out' }

export const numbered = (frame: ServerFrame): frame is Numbered =>
  frame.type === 'event' || frame.type === 'seq' || frame.type === 'resync'

/** How far a tab is in the feed, and the last events it saw, for tabs that saw less. */
export class Past {
  #seq: number | null = null
  #floor = 0
  #events: EventFrame[] = []

  constructor(private readonly most = 1000) {}

  get seq(): number | null {
    return this.#seq
  }

  begin(seq: number) {
    this.#seq = seq
    this.#floor = seq
    this.#events = []
  }

  /** Takes a frame that follows the number `after`. Old ones were seen; before a gap something was
   * missed. */
  take(after: number, frame: Numbered): 'new' | 'old' | 'gap' {
    if (frame.type === 'resync') {
      this.begin(frame.seq)
      return 'new'
    }
    if (this.#seq === null || after > this.#seq) return 'gap'
    if (frame.seq <= this.#seq) return 'old'
    this.#seq = frame.seq
    if (frame.type === 'event') {
      this.#events.push(frame)
      if (this.#events.length > this.most) {
        const gone = this.#events.splice(0, this.#events.length - this.most).at(-1)
        if (gone) this.#floor = gone.seq
      }
    }
    return 'new'
  }

  /** The events after a number; `null`: they are not all here. */
  since(after: number): EventFrame[] | null {
    if (this.#seq === null || after < this.#floor) return null
    return this.#events.filter((event) => event.seq > after)
  }
}

/** What the tabs look at. The server knows one conversation per socket: the one that was opened
 * last among the tabs that are still there. */
export class Views {
  #of = new Map<string, string>()

  set(tab: string, conversation: string | null) {
    this.#of.delete(tab)
    if (conversation) this.#of.set(tab, conversation)
  }

  get now(): string | null {
    return [...this.#of.values()].at(-1) ?? null
  }
}

/** Which colleagues look at what, told to tabs that come later. */
export class Lookers {
  #frames = new Map<string, Passing>()

  hear(frame: Passing) {
    if (frame.type !== 'viewing') return
    const key = `${frame.conversation_id} ${frame.employee_id}`
    if (frame.on) this.#frames.set(key, frame)
    else this.#frames.delete(key)
  }

  clear() {
    this.#frames.clear()
  }

  get all(): Passing[] {
    return [...this.#frames.values()]
  }
}

const FIRST_PAUSE = 1000
const LONGEST_PAUSE = 30_000

/** How long to wait before the next try: longer after each, and not all browsers at once. */
export function pause(tries: number, random: number): number {
  const base = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(tries, 10))
  return Math.max(FIRST_PAUSE, Math.round(base * (0.5 + random / 2)))
}
