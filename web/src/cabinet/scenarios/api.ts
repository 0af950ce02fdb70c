import { api, ask } from '../../kit/api/client'
import { completed, type Scenario } from './model'

export interface Stored {
  scenario_id: string
  name: string
  tree: Scenario
  revision: number
  updated_at: string
}

type Raw = Omit<Stored, 'tree'> & { tree: unknown }

const stored = (raw: Raw): Stored => ({ ...raw, tree: completed(raw.tree) })

/** The API's description knows an object here and no more. */
export const open = (tree: Scenario) => tree as unknown as Record<string, never>

export const readScenarios = async (): Promise<Stored[]> =>
  (await ask(api.GET('/api/v1/scenarios'))).items.map(stored)

export const readScenario = async (scenario_id: string): Promise<Stored> =>
  stored(await ask(api.GET('/api/v1/scenarios/{scenario_id}', { params: { path: { scenario_id } } })))

/** Makes one; the same `key` never makes two. */
export const makeScenario = async (name: string, tree: Scenario, key: string): Promise<Stored> => {
  const params = { header: { 'Idempotency-Key': key } }
  return stored(await ask(api.POST('/api/v1/scenarios', { params, body: { name, tree: open(tree) } })))
}

/** Replaces the one that was read at this revision; 409 `changed_meanwhile` if it is another one by now. */
export const changeScenario = async (
  scenario_id: string,
  revision: number,
  name: string,
  tree: Scenario,
): Promise<Stored> => {
  const params = { path: { scenario_id } }
  const body = { name, tree: open(tree), revision }
  return stored(await ask(api.PUT('/api/v1/scenarios/{scenario_id}', { params, body })))
}

export const deleteScenario = (scenario_id: string) =>
  ask(api.DELETE('/api/v1/scenarios/{scenario_id}', { params: { path: { scenario_id } } }))
