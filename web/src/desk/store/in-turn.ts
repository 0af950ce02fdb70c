import type { Refused } from '../../kit/api/client'

/** What came of a deed on many. */
export interface Outcome {
  done: string[]
  failed: { id: string; why: Refused | Error }[]
}

/** Does something with each, at most so many at once: a server is not to be flooded by one person. */
export async function inTurn(ids: readonly string[], most: number, act: (id: string) => Promise<unknown>): Promise<Outcome> {
  const outcome: Outcome = { done: [], failed: [] }
  const left = [...ids]
  const worker = async () => {
    for (;;) {
      const id = left.shift()
      if (id === undefined) return
      try {
        await act(id)
        outcome.done.push(id)
      } catch (error) {
        outcome.failed.push({ id, why: error instanceof Error ? error : new Error(String(error)) })
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(most, ids.length) }, worker))
  return outcome
}
