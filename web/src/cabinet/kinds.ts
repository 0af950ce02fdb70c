import { api, ask } from '../kit/api/client'
import type { ChannelKind } from '../kit/api/types'
import type { Named } from './channel/common-fields'

export async function readKinds(): Promise<ChannelKind[]> {
  const { items } = await ask(api.GET('/api/v1/channel-kinds'))
  return items as unknown as ChannelKind[]
}

export async function readScenarios(): Promise<Named[]> {
  const { items } = await ask(api.GET('/api/v1/scenarios'))
  return items.map((one) => ({ id: one.scenario_id, name: one.name }))
}
