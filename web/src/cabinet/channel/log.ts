import { Refused } from '../../kit/api/client'
import type { Words } from '../../kit/api/types'
import { call } from '../parts/call'
import type { Paged } from '../parts/pages'

/** What happened in a channel, as its log tells it. */
export interface LogLine {
  at: string
  what: 'message_in' | 'message_out' | 'refused' | 'quarantined' | 'state' | 'setting'
  text: Words
  conversation_id?: string | null
  message_id?: string | null
  quarantine_id?: string | null
  status?: string | null
  has_raw: boolean
}

export const readLog = (channel: string, cursor: string | undefined): Promise<Paged<LogLine>> =>
  call('GET', `/channels/${channel}/log?limit=50${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`)

/** The payload of a line as the service sent it. */
export async function readRaw(line: LogLine): Promise<string> {
  if (line.quarantine_id) return readQuarantined(line.quarantine_id)
  if (!line.message_id) return ''
  const { raw } = await call<{ raw?: string | null }>('GET', `/messages/${line.message_id}/raw`)
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
