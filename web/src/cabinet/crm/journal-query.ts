import type { RunState } from './views'

/** What the journal is narrowed to. It stands in the address: a reload and a way back keep it. */
export interface JournalQuery {
  state: RunState | ''
  portal: string
  /** The public number of an enquiry. */
  number: string
}

export const RUN_STATES = ['done', 'nothing', 'failed', 'waiting', 'working', 'planned', 'replanned'] as const

export function readQuery(search: string): JournalQuery {
  const told = new URLSearchParams(search)
  const state = told.get('state')
  return {
    state: RUN_STATES.find((one) => one === state) ?? '',
    portal: told.get('portal') ?? '',
    number: (told.get('number') ?? '').replaceAll(/\D/g, ''),
  }
}

/** `?state=failed&number=12`; empty when nothing is narrowed. */
export function writeQuery({ state, portal, number }: JournalQuery): string {
  const said = new URLSearchParams()
  if (state) said.set('state', state)
  if (portal) said.set('portal', portal)
  if (number) said.set('number', number)
  const text = said.toString()
  return text && `?${text}`
}

let left = { path: '', search: '' }

/** An entry is opened: the way back leads to the list as it stands now. */
export function leaveList() {
  left = { path: location.pathname, search: location.search }
}

export const listAddress = (path: string) => path + (left.path === path ? left.search : '')
