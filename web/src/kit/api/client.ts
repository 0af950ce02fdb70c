import createClient from 'openapi-fetch'
import type { paths } from './schema'
import type { Problem, Words } from './types'

/** Typed calls of the API; types come from the server's own description (`npm run api`). */
export const api = createClient<paths>({ baseUrl: location.origin })

/** What went wrong with a request. `status` 0: the server was not reached. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem | null,
  ) {
    super(problem?.code ?? `status ${status}`)
  }

  /** Whether the same request may succeed later without anybody changing anything. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}

type Answer<T> = { data?: T; error?: unknown; response: Response }

const loggedOut = new Set<() => void>()

/** Calls when the server says that nobody is logged in. */
export function onLoggedOut(listener: () => void) {
  loggedOut.add(listener)
  return () => void loggedOut.delete(listener)
}

/** The data of an answer, or `Refused`. */
export async function ask<T>(request: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>
  try {
    answer = await request
  } catch {
    throw new Refused(0, null)
  }
  if (answer.response.ok) return answer.data as T
  const refused = new Refused(answer.response.status, isProblem(answer.error) ? answer.error : null)
  if (refused.problem?.code === 'unauthenticated') loggedOut.forEach((listener) => listener())
  throw refused
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'code' in value && 'detail' in value
}

/** The words of a problem, field by field. */
export function fieldErrors(error: unknown): Map<string, Words> {
  const errors = error instanceof Refused ? (error.problem?.errors ?? []) : []
  return new Map(errors.map((e) => [e.field, e.message]))
}
