import { inTurn, type Outcome } from './in-turn'

/** How long a closing may be undone. The server closes for good, so it is told only then. */
export const UNDO_FOR = 8000

/** Requests at once when many are closed. */
export const AT_ONCE = 4

/** Conversations that a person closed and may still get back. */
export class Closing {
  #batches = new Set<{ ids: Set<string>; timer: ReturnType<typeof setTimeout> }>()

  constructor(
    private readonly shown: (ids: ReadonlySet<string>) => void,
    private readonly close: (id: string) => Promise<unknown>,
  ) {}

  /** Closes after a while; `told` hears what came of it. */
  add(ids: readonly string[], told: (outcome: Outcome) => void) {
    const fresh = ids.filter((id) => !this.#held(id))
    if (fresh.length === 0) return
    const batch = { ids: new Set(fresh), timer: setTimeout(() => void run(), UNDO_FOR) }
    const run = async () => {
      const outcome = await inTurn([...batch.ids], AT_ONCE, this.close)
      this.#batches.delete(batch)
      this.#show()
      told(outcome)
    }
    this.#batches.add(batch)
    this.#show()
  }

  undo(ids: readonly string[]) {
    for (const batch of this.#batches) {
      for (const id of ids) batch.ids.delete(id)
      if (batch.ids.size === 0) {
        clearTimeout(batch.timer)
        this.#batches.delete(batch)
      }
    }
    this.#show()
  }

  /** What was closed by a person is closed when they leave, undone or not. */
  leave = () => {
    for (const batch of this.#batches) {
      clearTimeout(batch.timer)
      for (const id of batch.ids) {
        void fetch(`/api/v1/conversations/${id}/close`, { method: 'POST', keepalive: true })
      }
    }
    this.#batches.clear()
  }

  #held(id: string) {
    return [...this.#batches].some((batch) => batch.ids.has(id))
  }

  #show() {
    this.shown(new Set([...this.#batches].flatMap((batch) => [...batch.ids])))
  }
}
