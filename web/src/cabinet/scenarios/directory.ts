import { createContext, useContext } from 'react'
import { api, ask } from '../../kit/api/client'
import type { ChannelKind, Employee, Group, Tag } from '../../kit/api/types'
import { words } from '../../kit/i18n'
import { readKinds } from '../kinds'
import { readEmployees, readGroups } from '../parts/directory'

/** What a scenario may name: the company's own things. */
export interface Directory {
  channels: { channel_id: string; name: string; kind: string }[]
  kinds: ChannelKind[]
  employees: Employee[]
  groups: Group[]
  schedules: { schedule_id: string; name: string }[]
  tags: Tag[]
}

export async function readDirectory(): Promise<Directory> {
  const [channels, kinds, employees, groups, schedules, tags] = await Promise.all([
    ask(api.GET('/api/v1/channels')),
    readKinds(),
    readEmployees(),
    readGroups(),
    ask(api.GET('/api/v1/schedules')),
    ask(api.GET('/api/v1/tags')),
  ])
  return {
    channels: channels.items,
    kinds,
    employees: employees.filter((one) => !one.disabled),
    groups,
    schedules: schedules.items,
    tags: tags.items,
  }
}

const empty: Directory = { channels: [], kinds: [], employees: [], groups: [], schedules: [], tags: [] }

export const DirectoryContext = createContext<Directory>(empty)

export const useDirectory = () => useContext(DirectoryContext)

/** The name of something by its id; `undefined`: it is gone. */
export type NameOf = (what: keyof Directory, id: string) => string | undefined

export function namesOf(directory: Directory): NameOf {
  return (what, id) => {
    switch (what) {
      case 'channels':
        return directory.channels.find((one) => one.channel_id === id)?.name
      case 'kinds': {
        const kind = directory.kinds.find((one) => one.kind === id)
        return kind && words(kind.title)
      }
      case 'employees':
        return directory.employees.find((one) => one.employee_id === id)?.name
      case 'groups':
        return directory.groups.find((one) => one.group_id === id)?.name
      case 'schedules':
        return directory.schedules.find((one) => one.schedule_id === id)?.name
      case 'tags':
        return directory.tags.find((one) => one.tag_id === id)?.name
    }
  }
}
