import { api, ask } from '../../kit/api/client'
import type { components } from '../../kit/api/schema'
import { readBody } from '../parts/body'

/** What happened in a channel, as its log tells it. */
export type LogLine = components['schemas']['ChannelLogLine']

export const readLog = (channel_id: string, cursor: string | undefined) =>
  ask(
    api.GET('/api/v1/channels/{channel_id}/log', {
      params: { path: { channel_id }, query: { limit: 50, ...(cursor ? { cursor } : {}) } },
    }),
  )

/** The payload of a line as the service sent it. */
export async function readRaw(line: LogLine): Promise<string> {
  if (line.quarantine_id) return readQuarantined(line.quarantine_id)
  if (!line.message_id) return ''
  const params = { path: { message_id: line.message_id } }
  const { raw } = await ask(api.GET('/api/v1/messages/{message_id}/raw', { params }))
  return raw ?? ''
}

export const readQuarantined = (id: string) => readBody(`/api/v1/quarantine/${id}/body`)
