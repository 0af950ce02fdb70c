import { api, ask } from '../../kit/api/client'
import type { components } from '../../kit/api/schema'
import type { Employee, Group } from '../../kit/api/types'
import { useFeed } from '../feed'
import { readAll } from './pages'

const query = (cursor: string | undefined) => ({ query: { limit: 100, ...(cursor ? { cursor } : {}) } })

export const readEmployees = (): Promise<Employee[]> =>
  readAll((cursor) => ask(api.GET('/api/v1/employees', { params: query(cursor) })))

export const readGroups = (): Promise<Group[]> =>
  readAll((cursor) => ask(api.GET('/api/v1/groups', { params: query(cursor) })))

/** What stands for a person in a table: their name, or that they are gone. */
export const nameOf = (people: readonly Employee[], id: string | null | undefined): string =>
  people.find((one) => one.employee_id === id)?.name ?? ''

/** Reads a list anew when somebody else changed it. */
export function useDirectory(of: components['schemas']['Directory'], again: () => void) {
  useFeed((frame) => {
    if (frame.kind === 'resync' || (frame.kind === 'directory.changed' && frame.data.of === of)) again()
  })
}
