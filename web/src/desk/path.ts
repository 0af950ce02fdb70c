import type { ConversationState } from '../kit/api/types'

/** Where the desk is: a tab and perhaps a conversation. */
export interface Place {
  tab: ConversationState
  open: string | null
}

export const TABS: readonly ConversationState[] = ['new', 'in_work', 'closed']

const KEY = 'beseda.tab'

/** An address without a tab is the tab where one was last. */
export function readPlace(path: string): Place {
  const [, , tab, open] = path.split('/')
  const named = (name: string | null | undefined) => TABS.find((one) => one === name)
  return { tab: named(tab) ?? named(localStorage.getItem(KEY)) ?? 'new', open: open?.startsWith('cnv_') ? open : null }
}

export function rememberTab(tab: ConversationState) {
  localStorage.setItem(KEY, tab)
}

export const deskPath = ({ tab, open }: Place) => (open ? `/desk/${tab}/${open}` : `/desk/${tab}`)
