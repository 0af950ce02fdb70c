import type { Words } from './settings'

/** Tabs of an integration, in their order; the words stand in the address. */
export const TABS = [
  'main',
  'tasks',
  'filter',
  'tags',
  'names',
  'funnels',
  'employees',
  'fields',
  'history',
  'chats',
  'try',
  'log',
] as const
export type Tab = (typeof TABS)[number]

/** Tabs that are parts of the settings; the others look at what comes of them. */
export const isSetting = (tab: Tab) => tab !== 'try' && tab !== 'log'

export const tabNamed = (name: string): Tab => TABS.find((one) => one === name) ?? 'main'

/** What is wrong, and where: a JSON Pointer into the settings. */
export interface Fault {
  at: string
  words: Words
}

const OF_TAB: Record<string, Tab> = {
  channels: 'main',
  method: 'main',
  name: 'main',
  enabled: 'main',
  portal_id: 'main',
  tasks: 'tasks',
  filter: 'filter',
  tags: 'tags',
  names: 'names',
  funnel: 'funnels',
  responsible: 'employees',
  transfer_responsible: 'employees',
  directory_daily: 'employees',
  fields: 'fields',
  transcript: 'history',
  files: 'history',
  deal_choice: 'history',
  skip_phones: 'history',
  chats: 'chats',
}

/** The server names a place as `/funnel/rules/0`, `settings/funnel/rules/0` or `settings.funnel`. */
export function pointerOf(field: string): string {
  const path = field.includes('/') ? field : field.replaceAll(/[.[]/g, '/').replaceAll(']', '')
  const bare = path.replace(/^\/+/, '').replace(/^settings(\/|$)/, '')
  return `/${bare}`
}

export const faultsOf = (errors: Map<string, Words>): Fault[] =>
  [...errors].map(([field, words]) => ({ at: pointerOf(field), words }))

/** The tab on which a place is; `null`: it is on none, the fault is of the whole. */
export const tabOf = (at: string): Tab | null => OF_TAB[at.split('/')[1] ?? ''] ?? null

/** Where the sync log says that something is mended (CRM-6). */
export function mendTab(mend: string): Tab | null {
  const other: Record<string, Tab> = { channels: 'main', entities: 'main', people: 'employees', messengers: 'chats' }
  return other[mend] ?? TABS.find((one) => one === mend) ?? OF_TAB[mend] ?? null
}

const NAMELESS = 'utm.'

/** Where an UTM mark was chosen and not named: no parameter, so the server could not read the document. */
export function nameless(value: unknown, at = ''): string[] {
  if (value === NAMELESS) return [at]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, part]) => nameless(part, `${at}/${key}`))
}

const within = (at: string, place: string) => at === place || at.startsWith(`${place}/`)

/** The words for one field: its own fault, or that of something in it (an item of a list). */
export const faultAt = (faults: readonly Fault[], place: string) => faults.find((one) => within(one.at, place))?.words

/** Faults that are left when what stands at a place was changed. */
export const without = (faults: readonly Fault[], places: readonly string[]) =>
  faults.filter((one) => !places.some((place) => within(one.at, place) || within(place, one.at)))

/** Tabs with a mark. */
export const marked = (faults: readonly Fault[]): Set<Tab> =>
  new Set(faults.flatMap((one) => tabOf(one.at) ?? []))
