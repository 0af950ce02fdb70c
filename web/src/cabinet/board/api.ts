import { api, ask } from '../../kit/api/client'
import type { components } from '../../kit/api/schema'

type Schemas = components['schemas']

/** What goes on in the company now (RP-2); docs/metrics.md says what each figure counts. */
export type BoardView = Schemas['BoardView']
export type BoardEmployee = Schemas['BoardEmployee']

export const readBoard = (): Promise<BoardView> => ask(api.GET('/api/v1/board'))
