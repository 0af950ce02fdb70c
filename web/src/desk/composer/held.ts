import type { Message } from '../../kit/api/types'
import { onFarewell } from '../../kit/session'
import type { Mode } from '../store/talk-api'

/** What a conversation's field holds beside its text while another conversation is open: files that
 * were chosen, the quoted message, whether a note is written. As long as the page lives. */
interface Held {
  files: File[]
  replyTo: Message | null
  mode: Mode
}

const EMPTY: Held = { files: [], replyTo: null, mode: 'answer' }
const held = new Map<string, Held>()
const MOST = 50

export const heldOf = (conversation: string): Held => held.get(conversation) ?? EMPTY

export function hold(conversation: string, change: Partial<Held>) {
  const next = { ...heldOf(conversation), ...change }
  held.delete(conversation)
  if (next.files.length > 0 || next.replyTo || next.mode === 'note') held.set(conversation, next)
  const oldest = held.keys().next().value
  if (held.size > MOST && oldest) held.delete(oldest)
}

onFarewell(async () => held.clear())
