import { api, ask } from '../kit/api/client'
import type { ChannelKind } from '../kit/api/types'

export async function readKinds(): Promise<ChannelKind[]> {
  const { items } = await ask(api.GET('/api/v1/channel-kinds'))
  return items as unknown as ChannelKind[]
}
