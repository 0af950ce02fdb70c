import { Refused } from '../../kit/api/client'
import { type Draft, type Mode, readDraftsOf, saveDraft } from './talk-api'

/** Drafts: on this device at once, on the server half a second later, and from there on every other
 * device of the same person. One per conversation and kind of message. */
const PREFIX = 'beseda.draft.'
const UNSAVED = 'beseda.unsaved.'
const MOST = 300
export const SAVE_AFTER = 500
const FIRST_PAUSE = 2000
const LONGEST_PAUSE = 30_000
/** What the server takes; a longer text lives on this device alone. */
const LONGEST = 10_000

export const draftKey = (conversation: string, kind: Mode) => `${conversation}.${kind}`

function parts(key: string): { conversation: string; mode: Mode } {
  const at = key.lastIndexOf('.')
  return { conversation: key.slice(0, at), mode: key.slice(at + 1) === 'note' ? 'note' : 'answer' }
}

export function readDrafts(employee: string): ReadonlyMap<string, string> {
  const prefix = `${PREFIX}${employee}.`
  const drafts = new Map<string, string>()
  for (let i = 0; i < localStorage.length && drafts.size < MOST; i++) {
    const key = localStorage.key(i)
    if (key?.startsWith(prefix)) drafts.set(key.slice(prefix.length), localStorage.getItem(key) ?? '')
  }
  return drafts
}

export function writeDraft(employee: string, key: string, text: string) {
  const full = `${PREFIX}${employee}.${key}`
  try {
    if (text.trim()) localStorage.setItem(full, text)
    else localStorage.removeItem(full)
  } catch {
    // The disk is full: the draft lives as long as the page.
  }
}

export function forgetDrafts() {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(PREFIX) || key.startsWith(UNSAVED)) localStorage.removeItem(key)
  }
}

/** The server's side, and what is shown: given, so that a test can stand in for both. */
export interface Ends {
  read: () => Promise<Draft[]>
  save: (conversation: string, mode: Mode, text: string, leaving?: 'leaving') => Promise<void>
  text: (key: string) => string
  show: (key: string, text: string) => void
  keys: () => Iterable<string>
}

interface Lane {
  timer: ReturnType<typeof setTimeout> | undefined
  /** A write is on its way: the next waits, so that none overtakes another. */
  busy: boolean
  /** The text changed since the last write began. */
  changed: boolean
  pause: number
  /** What was written and has not come back as an event yet. */
  echoes: string[]
}

/** Brings drafts to the server and back. What a person writes here wins over what comes. */
export class DraftSync {
  readonly #lanes = new Map<string, Lane>()
  #ended = false

  constructor(
    private readonly employee: string,
    private readonly ends: Ends,
  ) {}

  async start() {
    this.#ended = false
    addEventListener('pagehide', this.#leave)
    for (const key of this.#unsaved()) this.#lane(key).changed = true
    await this.reread()
    for (const [key, lane] of this.#lanes) if (lane.changed) this.#soon(key, 0)
  }

  /** What the server has now: at the start, and when events were missed. */
  async reread() {
    try {
      this.merge(await this.ends.read())
    } catch (error) {
      if (!(error instanceof Refused)) throw error
    }
  }

  end() {
    this.#ended = true
    removeEventListener('pagehide', this.#leave)
    this.#leave()
    for (const lane of this.#lanes.values()) clearTimeout(lane.timer)
  }

  /** The server's list at the start: what is not ours to save is as the server says. */
  merge(drafts: readonly Draft[]) {
    const theirs = new Map(drafts.map((one) => [draftKey(one.conversation_id, one.mode), one.text]))
    for (const key of [...this.ends.keys()]) {
      if (!this.#held(key) && !theirs.has(key)) this.ends.show(key, '')
    }
    for (const [key, text] of theirs) if (!this.#held(key)) this.ends.show(key, text)
  }

  /** A person wrote; the text is shown already. */
  wrote(key: string) {
    const lane = this.#lane(key)
    if (!lane.changed) {
      lane.changed = true
      this.#remember()
    }
    this.#soon(key, this.ends.text(key).trim() ? SAVE_AFTER : 0)
  }

  /** `draft.changed`: by us a moment ago, or on another device. True: the text shown changed. */
  heard(conversation: string, mode: Mode, text: string): boolean {
    const key = draftKey(conversation, mode)
    const lane = this.#lanes.get(key)
    const echo = lane?.echoes.indexOf(text) ?? -1
    if (lane && echo >= 0) {
      lane.echoes.splice(0, echo + 1)
      return false
    }
    if (this.#held(key) || this.ends.text(key) === text) return false
    this.ends.show(key, text)
    return true
  }

  #held(key: string) {
    const lane = this.#lanes.get(key)
    return !!lane && (lane.changed || lane.busy)
  }

  #lane(key: string): Lane {
    let lane = this.#lanes.get(key)
    if (!lane) {
      lane = { timer: undefined, busy: false, changed: false, pause: FIRST_PAUSE, echoes: [] }
      this.#lanes.set(key, lane)
    }
    return lane
  }

  #soon(key: string, pause: number) {
    const lane = this.#lane(key)
    clearTimeout(lane.timer)
    lane.timer = setTimeout(() => void this.#save(key), pause)
  }

  async #save(key: string) {
    const lane = this.#lane(key)
    if (lane.busy || !lane.changed || this.#ended) return
    const text = kept(this.ends.text(key))
    const { conversation, mode } = parts(key)
    lane.busy = true
    lane.changed = false
    lane.echoes = [...lane.echoes.slice(-4), text]
    let again: number | null = null
    try {
      await this.ends.save(conversation, mode, text)
      lane.pause = FIRST_PAUSE
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      lane.echoes = lane.echoes.filter((one) => one !== text)
      if (error.passing || error.status === 401) {
        lane.changed = true
        again = lane.pause
        lane.pause = Math.min(lane.pause * 2, LONGEST_PAUSE)
      }
    } finally {
      lane.busy = false
      this.#remember()
    }
    if (lane.changed) this.#soon(key, again ?? 0)
  }

  /** The page goes: what waits is said now, and the browser brings it. */
  #leave = () => {
    for (const [key, lane] of this.#lanes) {
      if (!lane.changed && !lane.busy) continue
      const { conversation, mode } = parts(key)
      void this.ends.save(conversation, mode, kept(this.ends.text(key)), 'leaving').catch(() => {
        // It stays marked as unsaved and is said at the next start.
      })
    }
  }

  #remember() {
    const keys = [...this.#lanes].filter(([, lane]) => lane.changed || lane.busy).map(([key]) => key)
    try {
      if (keys.length > 0) localStorage.setItem(UNSAVED + this.employee, JSON.stringify(keys))
      else localStorage.removeItem(UNSAVED + this.employee)
    } catch {
      // As above: the disk is full.
    }
  }

  #unsaved(): string[] {
    try {
      const keys: unknown = JSON.parse(localStorage.getItem(UNSAVED + this.employee) ?? '[]')
      return Array.isArray(keys) ? keys.filter((key) => typeof key === 'string') : []
    } catch {
      return []
    }
  }
}

function kept(text: string): string {
  if (!text.trim()) return ''
  const letters = [...text]
  return letters.length > LONGEST ? letters.slice(0, LONGEST).join('') : text
}

export const server: Pick<Ends, 'read' | 'save'> = { read: readDraftsOf, save: saveDraft }
