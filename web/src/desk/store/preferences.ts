/** What an employee set for themselves: it goes with them to every device (`/me/preferences`). */
import { type Filter, readFilter } from './filter'

/** A filter with a name. */
export interface SavedView {
  id: string
  name: string
  filter: Filter
}

export interface Preferences {
  density: 'comfortable' | 'compact'
  sounds: { newChat: boolean; message: boolean }
  /** Desktop notifications, where this browser allows them. */
  notices: boolean
  keys: {
    /** Keys of one letter act outside of fields. */
    single: boolean
    /** What sends an answer; the other one makes a new line. */
    send: 'enter' | 'mod_enter'
  }
  views: readonly SavedView[]
  /** Conversations marked as not read by hand. */
  marked: readonly string[]
  /** The channel from which a new customer was last written to. */
  writeFrom: string | null
}

export const DEFAULTS: Preferences = {
  density: 'comfortable',
  sounds: { newChat: true, message: true },
  notices: true,
  keys: { single: true, send: 'enter' },
  views: [],
  marked: [],
  writeFrom: null,
}

export const MOST_VIEWS = 30
const MOST_MARKED = 200

type Loose = Record<string, unknown>

const object = (value: unknown): Loose => (typeof value === 'object' && value !== null ? (value as Loose) : {})
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
const flag = (value: unknown, otherwise: boolean) => (typeof value === 'boolean' ? value : otherwise)
const text = (value: unknown) => (typeof value === 'string' && value ? value : null)

/** Preferences from whatever was kept: by an older desk, a newer one, or broken. */
export function readPreferences(kept: unknown): Preferences {
  const from = object(kept)
  const sounds = object(from['sounds'])
  const keys = object(from['keys'])
  return {
    density: from['density'] === 'compact' ? 'compact' : 'comfortable',
    sounds: { newChat: flag(sounds['newChat'], true), message: flag(sounds['message'], true) },
    notices: flag(from['notices'], true),
    keys: { single: flag(keys['single'], true), send: keys['send'] === 'mod_enter' ? 'mod_enter' : 'enter' },
    views: list(from['views']).flatMap(readView).slice(0, MOST_VIEWS),
    marked: list(from['marked']).flatMap((id) => text(id) ?? []).slice(-MOST_MARKED),
    writeFrom: text(from['writeFrom']),
  }
}

function readView(kept: unknown): SavedView[] {
  const { id, name, filter } = object(kept)
  const known = text(id)
  const called = text(name)
  return known && called ? [{ id: known, name: called, filter: readFilter(filter) }] : []
}
