import type { ConversationState } from '../kit/api/types'

/** Where the desk is: a tab and perhaps a conversation. */
export interface Place {
  tab: ConversationState
  open: string | null
}

export const TABS: readonly ConversationState[] = ['new', 'in_work', 'closed']

export function readPlace(path: string): Place {
  const [, , tab, open] = path.split('/')
  return { tab: TABS.find((name) => name === tab) ?? 'new', open: open?.startsWith('cnv_') ? open : null }
}

export const deskPath = ({ tab, open }: Place) => (open ? `/desk/${tab}/${open}` : `/desk/${tab}`)
