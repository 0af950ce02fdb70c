import { useMemo } from 'react'
import type { Presence } from '../kit/api/types'
import { language, setLanguage, t } from '../kit/i18n'
import type { Key } from '../kit/keys'
import { go } from '../kit/route'
import { logOut } from '../kit/session'
import { setTheme } from '../kit/theme'
import { tellRefusal, toast } from '../kit/ui/toast'
import { COMMANDS, type Deeds, isSingle } from './commands'
import { deskPath, type Place } from './path'
import { isMuted, setMuted } from './sounds'
import type { Desk } from './store/desk'
import { NO_FILTER } from './store/filter'
import { type Chat, unread } from './store/state'

/** The windows and panes of the desk that deeds open. */
export interface Panes {
  show: (id: string | null) => void
  take: (id: string) => void
  close: (id: string, then: 'stay' | 'next') => void
  write: () => void
  keys: () => void
  settings: () => void
  palette: () => void
  card: () => void
  /** Steps out of what is open; false: nothing is. */
  back: () => boolean
}

const NEXT: Record<Presence, Presence> = { online: 'break', break: 'off', off: 'online' }

const find = (selector: string) => document.querySelector<HTMLElement>(selector)

/** Presses a button that another part of the desk has: its own deed, its own place. */
function press(selector: string): () => void {
  return () => {
    const button = find(selector)
    button?.focus()
    button?.click()
  }
}

/** The conversation below the keyboard: the row that has the focus, else the open one. */
export function pointed(open: string | null): string | null {
  const row = document.activeElement?.closest<HTMLElement>('[data-row]')
  return row?.dataset['row'] ?? open
}

export function step(ids: readonly string[], open: string | null, by: 1 | -1): string | null {
  const at = open ? ids.indexOf(open) : by > 0 ? -1 : 0
  return ids[Math.min(ids.length - 1, Math.max(0, at + by))] ?? null
}

/** What can be done now. */
export function useDeeds(desk: Desk, place: Place, open: Chat | undefined, panes: Panes): Deeds {
  return useMemo(() => {
    const ids = () => desk.state.views[place.tab].ids.filter((id) => !desk.state.closing.has(id))
    const move = (by: 1 | -1) => () => {
      const next = step(ids(), place.open, by)
      if (next) panes.show(next)
    }
    const tab = (name: Place['tab']) => () => go(deskPath({ ...place, tab: name }))
    const presence = (next: Presence) => () => {
      desk.setPresence(next).then(() => toast(t.shell.me.status(t.presence[next])), tellRefusal)
    }
    const deeds: Deeds = {
      tabNew: tab('new'),
      tabWork: tab('in_work'),
      tabClosed: tab('closed'),
      requests: () => desk.setFilter({ ...NO_FILTER, kind: 'request' }),
      next: move(1),
      previous: move(-1),
      search: () => {
        const field = find('[data-search]') as HTMLInputElement | null
        // On a narrow screen the list is hidden by the conversation.
        if (field && field.offsetParent === null) panes.show(null)
        requestAnimationFrame(() => {
          field?.focus()
          field?.select()
        })
      },
      filters: press('[data-filters]'),
      select: () => {
        const id = pointed(place.open)
        if (id) desk.select([id], !desk.state.selected.has(id))
      },
      selectAll: () => desk.select(ids(), true),
      back: () => void panes.back(),
      readAll: () => {
        for (const chat of desk.state.chats.values()) if (unread(chat) > 0) desk.markRead(chat.conversation_id)
        if (desk.state.preferences.marked.length > 0) desk.settings.set({ marked: [] })
      },
      unread: () => {
        const id = pointed(place.open)
        if (!id) return
        if (id === place.open) panes.show(null)
        desk.markUnread(id, true)
      },
      palette: panes.palette,
      write: panes.write,
      status: () => presence(NEXT[desk.state.me.presence])(),
      online: presence('online'),
      break: presence('break'),
      off: presence('off'),
      mute: () => {
        setMuted(!isMuted())
        toast(isMuted() ? t.shell.sound.off : t.shell.sound.on)
      },
      density: () => {
        const { density } = desk.state.preferences
        desk.settings.set({ density: density === 'compact' ? 'comfortable' : 'compact' })
      },
      theme: () => setTheme(dark() ? 'light' : 'dark'),
      language: () => void setLanguage(language === 'ru' ? 'en' : 'ru'),
      settings: panes.settings,
      keys: panes.keys,
      logOut: () => void logOut().catch(tellRefusal),
    }
    if (!open) return deeds
    const id = open.conversation_id
    Object.assign(deeds, {
      card: panes.card,
      note: () => {
        find('[data-mode][aria-pressed=false]')?.click()
        requestAnimationFrame(() => find('[data-composer]')?.focus())
      },
      find: press('[data-find]'),
    } satisfies Deeds)
    if (open.state === 'new') deeds.take = () => panes.take(id)
    if (open.state !== 'closed') {
      deeds.answer = () => find('[data-composer]')?.focus()
      deeds.transfer = press('[data-transfer]')
      deeds.close = () => panes.close(id, 'stay')
      deeds.closeNext = () => panes.close(id, 'next')
      deeds.attach = press('[data-attach]')
      deeds.emoji = press('[data-emoji]')
    }
    return deeds
  }, [desk, place, open, panes])
}

/** Which theme is on, whoever chose it. */
function dark(): boolean {
  const chosen = document.documentElement.dataset['theme']
  return chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches
}

/** Arrows belong to what scrolls or steps by itself. */
const ARROWS_ELSEWHERE = '[role=log], [role=tablist], [role=toolbar], [role=radiogroup], [role=region], aside, [role=slider]'

/** The keys of what can be done, as `useKeys` wants them. */
export function keysOf(deeds: Deeds, single: boolean): [Key, () => void | false][] {
  return COMMANDS.filter((one) => !one.elsewhere).flatMap(({ id, keys }) =>
    keys
      .filter((key) => single || !isSingle(key))
      .map((key): [Key, () => void | false] => [
        key,
        () => {
          const deed = deeds[id]
          if (!deed) return false
          if (key.code.startsWith('Arrow') && document.activeElement?.closest(ARROWS_ELSEWHERE)) return false
          return deed()
        },
      ]),
  )
}
