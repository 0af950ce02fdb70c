import { api, ask, Refused } from '../../kit/api/client'
import type { Box } from './box'
import { type Preferences, readPreferences } from './preferences'

const PREFIX = 'beseda.preferences.'
const SAVE_AFTER = 500
const OLD = 60_000

/** What was changed here over what the server has now: another device may have changed the rest. */
export function merged(
  server: Record<string, unknown>,
  mine: Preferences,
  changed: Iterable<keyof Preferences>,
): Record<string, unknown> {
  const next = { ...server }
  for (const key of changed) next[key] = mine[key]
  return next
}

export function forgetPreferences() {
  for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key)
}

/** One's own settings: at once on this device, then on the server and in the other tabs. */
export class Settings {
  readonly #key: string
  #changed = new Set<keyof Preferences>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #read = 0
  #ended = false
  #tabs: BroadcastChannel | null = null

  constructor(
    private readonly box: Box,
    employee: string,
  ) {
    this.#key = PREFIX + employee
    this.#show(this.#onDevice())
  }

  start() {
    if (typeof BroadcastChannel !== 'undefined') {
      this.#tabs = new BroadcastChannel(this.#key)
      this.#tabs.onmessage = () => this.#show(this.#onDevice())
    }
    document.addEventListener('visibilitychange', this.#look)
    addEventListener('pagehide', this.#leave)
    void this.read()
  }

  end() {
    this.#ended = true
    clearTimeout(this.#timer)
    document.removeEventListener('visibilitychange', this.#look)
    removeEventListener('pagehide', this.#leave)
    if (this.#changed.size > 0) void this.#save()
    this.#tabs?.close()
    this.#tabs = null
  }

  set(change: Partial<Preferences>) {
    const next = { ...this.box.state.preferences, ...change }
    for (const key of Object.keys(change) as (keyof Preferences)[]) this.#changed.add(key)
    this.box.change((state) => ({ ...state, preferences: next }))
    this.#keep({ ...this.#onDevice(), ...next })
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#save(), SAVE_AFTER)
  }

  /** What another device saved. */
  async read() {
    this.#read = Date.now()
    const kept = await this.#ask()
    if (!kept || this.#ended) return
    const all = merged(kept, this.box.state.preferences, this.#changed)
    this.#keep(all)
    this.#show(all)
  }

  #look = () => {
    if (!document.hidden && Date.now() - this.#read > OLD) void this.read()
  }

  #leave = () => {
    if (this.#changed.size > 0) void this.#put({ ...this.#onDevice() }, true)
  }

  async #save() {
    const kept = await this.#ask()
    if (!kept) return
    const changed = [...this.#changed]
    const all = merged(kept, this.box.state.preferences, changed)
    if (await this.#put(all)) for (const key of changed) this.#changed.delete(key)
  }

  #show(kept: Record<string, unknown>) {
    const preferences = readPreferences(kept)
    this.box.change((state) => {
      const same = JSON.stringify(state.preferences) === JSON.stringify(preferences)
      return same ? state : { ...state, preferences }
    })
  }

  #onDevice(): Record<string, unknown> {
    try {
      return (JSON.parse(localStorage.getItem(this.#key) ?? '{}') ?? {}) as Record<string, unknown>
    } catch {
      return {}
    }
  }

  #keep(all: Record<string, unknown>) {
    try {
      localStorage.setItem(this.#key, JSON.stringify(all))
    } catch {
      // The disk is full: the server has it.
    }
    this.#tabs?.postMessage('changed')
  }

  async #ask(): Promise<Record<string, unknown> | null> {
    try {
      return (await ask(api.GET('/api/v1/me/preferences'))).preferences as Record<string, unknown>
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      return null
    }
  }

  async #put(preferences: Record<string, unknown>, leaving = false): Promise<boolean> {
    try {
      await ask(api.PUT('/api/v1/me/preferences', { body: { preferences: preferences as never }, keepalive: leaving }))
      return true
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      // It stays on this device, and goes with the next change.
      return false
    }
  }
}
