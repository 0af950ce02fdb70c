/** Every deed that has a key or stands in the palette: one list for the keys, the sheet of keys and
 * the palette, so that they cannot differ. */
import type { Key } from '../kit/keys'

export type CommandId =
  | 'tabNew' | 'tabWork' | 'tabClosed' | 'requests' | 'next' | 'previous' | 'openRow' | 'answer' | 'note' | 'take'
  | 'transfer' | 'close' | 'closeNext' | 'find' | 'card' | 'unread' | 'readAll' | 'attach' | 'emoji' | 'search'
  | 'palette' | 'write' | 'filters' | 'select' | 'selectAll' | 'online' | 'break' | 'off' | 'status' | 'mute'
  | 'density' | 'theme' | 'language' | 'settings' | 'keys' | 'back' | 'send' | 'line' | 'canned' | 'editLast' | 'logOut'

export interface Command {
  id: CommandId
  /** Where the sheet of keys shows it. */
  group: 'go' | 'chat' | 'composer' | 'desk'
  keys: Key[]
  /** The composer or the list hears the key itself. */
  elsewhere?: true
  /** Stands in the palette when it can be done now. */
  palette?: true
  /** In the palette it is a place to go, not a deed. */
  place?: true
}

const key = (code: string, more: Omit<Key, 'code'> = {}): Key => ({ code, ...more })

export const COMMANDS: readonly Command[] = [
  { id: 'tabNew', group: 'go', keys: [key('Digit1')], palette: true, place: true },
  { id: 'tabWork', group: 'go', keys: [key('Digit2')], palette: true, place: true },
  { id: 'tabClosed', group: 'go', keys: [key('Digit3')], palette: true, place: true },
  { id: 'requests', group: 'go', keys: [], palette: true, place: true },
  { id: 'next', group: 'go', keys: [key('KeyJ'), key('ArrowDown')] },
  { id: 'previous', group: 'go', keys: [key('KeyK'), key('ArrowUp')] },
  { id: 'openRow', group: 'go', keys: [key('Enter')], elsewhere: true },
  { id: 'search', group: 'go', keys: [key('Slash')], palette: true, place: true },
  { id: 'filters', group: 'go', keys: [key('KeyF')], palette: true },
  { id: 'select', group: 'go', keys: [key('KeyX')], palette: true },
  { id: 'selectAll', group: 'go', keys: [], palette: true },
  { id: 'back', group: 'go', keys: [key('Escape')] },

  { id: 'answer', group: 'chat', keys: [key('KeyR')], palette: true },
  { id: 'note', group: 'chat', keys: [key('KeyN')], palette: true },
  { id: 'take', group: 'chat', keys: [key('KeyT')], palette: true },
  { id: 'transfer', group: 'chat', keys: [key('KeyT', { shift: true })], palette: true },
  { id: 'close', group: 'chat', keys: [key('KeyE', { shift: true })], palette: true },
  { id: 'closeNext', group: 'chat', keys: [key('Enter', { shift: true, mod: true })], palette: true },
  { id: 'find', group: 'chat', keys: [key('KeyF', { mod: true })], elsewhere: true, palette: true },
  { id: 'card', group: 'chat', keys: [key('KeyI')], palette: true },
  { id: 'unread', group: 'chat', keys: [key('KeyU')], palette: true },
  { id: 'readAll', group: 'chat', keys: [key('Escape', { shift: true })], palette: true },

  { id: 'send', group: 'composer', keys: [key('Enter')], elsewhere: true },
  { id: 'line', group: 'composer', keys: [key('Enter', { shift: true })], elsewhere: true },
  { id: 'editLast', group: 'composer', keys: [key('ArrowUp')], elsewhere: true },
  { id: 'canned', group: 'composer', keys: [key('Slash')], elsewhere: true },
  { id: 'attach', group: 'composer', keys: [key('KeyU', { mod: true })], elsewhere: true, palette: true },
  { id: 'emoji', group: 'composer', keys: [key('KeyE', { mod: true })], elsewhere: true, palette: true },

  { id: 'palette', group: 'desk', keys: [key('KeyK', { mod: true })] },
  { id: 'write', group: 'desk', keys: [key('KeyC')], palette: true },
  { id: 'status', group: 'desk', keys: [key('KeyS', { shift: true })] },
  { id: 'online', group: 'desk', keys: [], palette: true },
  { id: 'break', group: 'desk', keys: [], palette: true },
  { id: 'off', group: 'desk', keys: [], palette: true },
  { id: 'mute', group: 'desk', keys: [key('KeyM')], palette: true },
  { id: 'density', group: 'desk', keys: [], palette: true },
  { id: 'theme', group: 'desk', keys: [], palette: true },
  { id: 'language', group: 'desk', keys: [], palette: true },
  { id: 'settings', group: 'desk', keys: [], palette: true, place: true },
  { id: 'keys', group: 'desk', keys: [key('Slash', { shift: true })], palette: true },
  { id: 'logOut', group: 'desk', keys: [], palette: true },
]

/** What can be done now; a deed that is absent cannot. */
export type Deeds = Partial<Record<CommandId, () => void>>

/** Keys that a person may turn off: one letter or sign, with Shift or without. */
export const isSingle = (key: Key) => !key.mod && /^(Key|Digit|Slash)/.test(key.code)

const SIGNS: Record<string, string> = {
  Slash: '/',
  Escape: 'Esc',
  ArrowUp: '↑',
  ArrowDown: '↓',
}

/** A key as it is written on the sheet. */
export function keyNames(key: Key, mod: string): string[] {
  // «?» is Shift and the slash on most keyboards.
  if (key.code === 'Slash' && key.shift) return ['?']
  const name = SIGNS[key.code] ?? key.code.replace(/^(Key|Digit)/, '')
  return [...(key.mod ? [mod] : []), ...(key.shift ? ['⇧'] : []), name]
}
