import { api, ask, Refused } from '../../kit/api/client'
import type { components } from '../../kit/api/schema'

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

export async function readQuarantined(id: string): Promise<string> {
  let answer: Response
  try {
    answer = await fetch(`/api/v1/quarantine/${id}/body`)
  } catch {
    throw new Refused(0, null)
  }
  if (!answer.ok) throw new Refused(answer.status, null)
  return answer.text()
}
