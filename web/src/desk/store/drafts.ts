/** Drafts, kept at once on this device: one per conversation and kind of message. */
const PREFIX = 'beseda.draft.'
const MOST = 300

export const draftKey = (conversation: string, kind: 'answer' | 'note') => `${conversation}.${kind}`

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
  for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key)
}
