import { Building2, Filter, MessageCircle, Navigation, Search, User, Zap } from 'lucide-react'
import type { ReactNode } from 'react'
import { groups } from '../../cabinet/sections'
import type { Contact, Me } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { modLabel } from '../../kit/keys'
import { go } from '../../kit/route'
import { COMMANDS, type Deeds, keyNames } from '../commands'
import { openContact, reachOf } from '../list/person'
import { chatName, nameOf } from '../list/row'
import { deskPath } from '../path'
import type { Desk } from '../store/desk'
import { score } from './fuzzy'

export interface Entry {
  id: string
  group: 'go' | 'act' | 'find'
  title: string
  more?: string
  keys?: string[]
  icon: ReactNode
  run: () => void
}

const MOST = { go: 7, act: 8, find: 6 }
const size = 16

/** Places and deeds that fit a query, the best first; with none, the usual ones. */
export function entriesFor(query: string, desk: Desk, me: Me, deeds: Deeds): Entry[] {
  const scored: { entry: Entry; score: number }[] = []
  const add = (entry: Entry, ...also: string[]) => {
    const fit = score(query, entry.title, ...also)
    if (fit > 0) scored.push({ entry, score: fit })
  }
  for (const { id, palette, place, keys } of COMMANDS) {
    const run = deeds[id]
    if (!palette || !run) continue
    // These act on a conversation, and none is open.
    if ((id === 'select' || id === 'unread') && !deeds.card) continue
    const [title, also] = t.shell.commands[id] as [string, string]
    const icon = place ? <Navigation size={size} /> : <Zap size={size} />
    const first = keys[0]
    const entry: Entry = { id, group: place ? 'go' : 'act', title, icon, run }
    add(first ? { ...entry, keys: keyNames(first, modLabel) } : entry, also)
  }
  for (const view of desk.state.preferences.views) {
    const run = () => desk.setFilter(view.filter)
    add({ id: view.id, group: 'go', title: t.shell.palette.view(view.name), icon: <Filter size={size} />, run }, view.name)
  }
  for (const section of groups.flatMap((group) => group.sections)) {
    if (!section.may(me) || section.hidden) continue
    const title = t.shell.palette.cabinet(section.label())
    const href = section.name ? `/cabinet/${section.name}` : '/cabinet'
    add({ id: href, group: 'go', title, icon: <Building2 size={size} />, run: () => go(href) }, section.label(), section.name)
  }
  if (query.trim()) {
    for (const chat of desk.state.chats.values()) {
      const id = chat.conversation_id
      const run = () => go(deskPath({ tab: chat.state, open: id }))
      const more = `${t.chat.number(chat.number)} · ${t.states[chat.state]}`
      add({ id, group: 'find', title: chatName(chat), more, icon: <MessageCircle size={size} />, run }, String(chat.number))
    }
  }
  scored.sort((a, b) => b.score - a.score)
  const left = { ...MOST }
  return scored.filter(({ entry }) => left[entry.group]-- > 0).map(({ entry }) => entry)
}

/** Customers that the server found, and the way to a search of everything. */
export function foundEntries(query: string, contacts: readonly Contact[], search: (query: string) => void): Entry[] {
  const asked = query.trim()
  if (!asked) return []
  const entries = contacts.slice(0, 6).map(
    (contact): Entry => ({
      id: contact.contact_id,
      group: 'find',
      title: nameOf(contact.name),
      more: reachOf(contact),
      icon: <User size={size} />,
      run: () => void openContact(contact.contact_id),
    }),
  )
  const everywhere = t.shell.palette.everywhere(asked)
  entries.push({ id: 'search', group: 'find', title: everywhere, icon: <Search size={size} />, run: () => search(asked) })
  return entries
}
