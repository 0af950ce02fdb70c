/** What was, what is, and what was undone. */
export interface History<T> {
  past: T[]
  now: T
  future: T[]
  /** Edits with the same mark that follow one another are one: a word typed is undone whole. */
  mark: string | null
}

const MOST = 100

export const begin = <T>(now: T): History<T> => ({ past: [], now, future: [], mark: null })

export function record<T>(history: History<T>, next: T, mark: string | null = null): History<T> {
  if (next === history.now) return history
  if (mark !== null && mark === history.mark) return { ...history, now: next, future: [] }
  return { past: [...history.past.slice(-MOST + 1), history.now], now: next, future: [], mark }
}

export function undo<T>(history: History<T>): History<T> {
  const before = history.past.at(-1)
  if (before === undefined) return history
  return { past: history.past.slice(0, -1), now: before, future: [history.now, ...history.future], mark: null }
}

export function redo<T>(history: History<T>): History<T> {
  const [after, ...rest] = history.future
  if (after === undefined) return history
  return { past: [...history.past, history.now], now: after, future: rest, mark: null }
}
