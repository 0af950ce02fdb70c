import { useSyncExternalStore } from 'react'
import type { State } from './state'

/** The state of the desk with its readers. Changes made within one frame are told once. */
export class Box {
  #state: State
  #readers = new Set<() => void>()

  constructor(state: State) {
    this.#state = state
  }

  get state(): State {
    return this.#state
  }

  change(change: (state: State) => State) {
    const next = change(this.#state)
    if (next === this.#state) return
    this.#state = next
    this.#readers.forEach((reader) => reader())
  }

  subscribe = (reader: () => void) => {
    this.#readers.add(reader)
    return () => void this.#readers.delete(reader)
  }
}

export function useBox<T>(box: Box, select: (state: State) => T): T {
  return useSyncExternalStore(box.subscribe, () => select(box.state))
}
