import { api, ask } from '../../kit/api/client'
import type { Schedule } from './hours'

export interface StoredHours {
  schedule_id: string
  name: string
  schedule: Schedule
}

/** The API's description knows an object here and no more. */
const open = (schedule: Schedule) => schedule as unknown as Record<string, never>

export const readHours = async (): Promise<StoredHours[]> =>
  (await ask(api.GET('/api/v1/schedules'))).items.map((one) => ({
    ...one,
    schedule: one.schedule as unknown as Schedule,
  }))

export const makeHours = async (name: string, schedule: Schedule, key: string): Promise<string> => {
  const params = { header: { 'Idempotency-Key': key } }
  return (await ask(api.POST('/api/v1/schedules', { params, body: { name, schedule: open(schedule) } }))).schedule_id
}

export const changeHours = (schedule_id: string, name: string, schedule: Schedule) =>
  ask(
    api.PUT('/api/v1/schedules/{schedule_id}', {
      params: { path: { schedule_id } },
      body: { name, schedule: open(schedule) },
    }),
  )

export const deleteHours = (schedule_id: string) =>
  ask(api.DELETE('/api/v1/schedules/{schedule_id}', { params: { path: { schedule_id } } }))
