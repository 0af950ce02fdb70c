import { ListFilter, PenLine, Search, WifiOff, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { VList, type VListHandle } from 'virtua'
import type { ConversationState } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { number } from '../../kit/i18n/format'
import { Button, IconButton } from '../../kit/ui/button'
import { Menu, MenuGroup, MenuItem, MenuLine } from '../../kit/ui/menu'
import { tellRefusal } from '../../kit/ui/toast'
import { useDesk, useDeskState } from '../context'
import { TABS } from '../path'
import { NO_FILTER } from '../store/filter'
import { EmptyTab } from './empty-tab'
import { Results } from './results'
import { Row } from './row'

interface Props {
  tab: ConversationState
  open: string | null
  onTab: (tab: ConversationState) => void
  onOpen: (id: string) => void
  onWrite: () => void
}

export function List({ tab, open, onTab, onOpen, onWrite }: Props) {
  const [query, setQuery] = useState('')
  return (
    <section
      aria-label={t.desk.chats}
      className={`flex w-[352px] shrink-0 flex-col border-r border-line bg-pane max-[899px]:w-auto max-[899px]:flex-1 max-[899px]:border-r-0 ${open ? 'max-[899px]:hidden' : ''}`}
    >
      <header className="flex items-center gap-2 px-4 pt-4 pb-3">
        <h1 className="flex-1 text-page font-semibold tracking-[-0.01em]">{t.desk.chats}</h1>
        <Button look="soft" onClick={onWrite}>
          <PenLine size={15} aria-hidden="true" />
          {t.write.button}
        </Button>
      </header>
      <div className="relative mx-4 mb-1">
        <Search size={16} className="pointer-events-none absolute top-[10px] left-3 text-ink3" aria-hidden="true" />
        <input
          data-search
          type="search"
          aria-label={t.search.label}
          placeholder={t.search.label}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={(event) => {
            if (event.code !== 'Escape') return
            event.preventDefault()
            if (query) setQuery('')
            else event.currentTarget.blur()
          }}
          className="h-9 w-full rounded-control border border-line bg-raised pr-9 pl-9 text-second [&::-webkit-search-cancel-button]:hidden"
        />
        {query ? (
          <IconButton label={t.search.clear} className="absolute top-0.5 right-0.5" onClick={() => setQuery('')}>
            <X size={16} />
          </IconButton>
        ) : (
          <kbd className="kbd pointer-events-none absolute top-[9px] right-2.5">/</kbd>
        )}
      </div>
      {query.trim() ? (
        <Results query={query.trim()} open={open} onOpen={onOpen} />
      ) : (
        <Tabs tab={tab} open={open} onTab={onTab} onOpen={onOpen} />
      )}
      <NotOnLine />
      <LinkLost />
    </section>
  )
}

function Tabs({ tab, open, onTab, onOpen }: Omit<Props, 'onWrite'>) {
  const { desk } = useDesk()
  const view = useDeskState((state) => state.views[tab])
  const closing = useDeskState((state) => state.closing)
  const counts = useDeskState((state) => state.counts)
  const list = useRef<VListHandle>(null)
  const filter = useDeskState((state) => state.filter)
  const ids = closing.size > 0 ? view.ids.filter((id) => !closing.has(id)) : view.ids

  useEffect(() => {
    if (view.load === 'no') void desk.readList(tab, 'top')
  }, [desk, tab, view.load])

  useEffect(() => {
    const at = open ? ids.indexOf(open) : -1
    if (at >= 0) list.current?.scrollToIndex(at, { align: 'nearest' })
    // Only when another one is opened: the list must not jump when it moves.
  }, [open, tab])

  const shown: Record<ConversationState, number | undefined> = {
    new: counts?.new,
    in_work: counts?.in_work,
    closed: undefined,
  }
  return (
    <>
      <div role="tablist" aria-label={t.list.tabs} className="flex gap-5 border-b border-line px-4">
        {TABS.map((name) => (
          <button
            key={name}
            id={`tab-${name}`}
            type="button"
            role="tab"
            aria-selected={tab === name}
            aria-controls="conversations"
            tabIndex={tab === name ? 0 : -1}
            onClick={() => onTab(name)}
            onKeyDown={(event) => {
              const by = event.code === 'ArrowRight' ? 1 : event.code === 'ArrowLeft' ? -1 : 0
              const next = TABS[TABS.indexOf(tab) + by]
              if (!by || !next) return
              onTab(next)
              document.getElementById(`tab-${next}`)?.focus()
            }}
            className={`-mb-px flex h-10 items-center gap-1.5 border-b-2 text-second font-medium ${tab === name ? 'border-accent text-ink' : 'border-transparent text-ink2 hover:text-ink'}`}
          >
            {t.list[name]}
            {shown[name] !== undefined && (
              <span
                className={`num ${name === 'new' && shown[name] > 0 ? 'rounded-full bg-red-soft px-1.5 text-caption font-semibold text-red' : 'text-ink3'}`}
              >
                {counts && shown[name] >= counts.bound ? `${number(counts.bound - 1)}+` : number(shown[name])}
              </span>
            )}
          </button>
        ))}
      </div>
      <Filters />
      <div
        id="conversations"
        role="tabpanel"
        aria-labelledby={`tab-${tab}`}
        aria-busy={view.load === 'loading'}
        className="min-h-0 flex-1"
        onKeyDown={(event) => {
          const by = event.code === 'ArrowDown' ? 1 : event.code === 'ArrowUp' ? -1 : 0
          const id = by && ids[ids.indexOf(open ?? '') + by]
          if (!id) return
          event.preventDefault()
          onOpen(id)
          requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-row="${id}"]`)?.focus())
        }}
      >
        {ids.length > 0 ? (
          <VList
            ref={list}
            data={ids}
            itemSize={76}
            tabIndex={-1}
            onScroll={(offset) => {
              const handle = list.current
              if (!handle || view.load !== 'yes') return
              if (offset + handle.viewportSize > handle.scrollSize - 800) void desk.readList(tab, 'further')
            }}
          >
            {(id) => <Row key={id} id={id} open={id === open} onOpen={onOpen} />}
          </VList>
        ) : (
          <EmptyTab tab={tab} load={view.load} filtered={filter !== NO_FILTER} />
        )}
      </div>
    </>
  )
}

function Filters() {
  const { desk } = useDesk()
  const filter = useDeskState((state) => state.filter)
  const channels = useDeskState((state) => state.channels)
  const channel = filter.channel ? channels.get(filter.channel) : undefined
  const parts = [
    channel ? channel.name : t.list.allChannels,
    ...(filter.employee ? [t.list.mine] : []),
    ...(filter.waiting ? [t.list.waiting] : []),
  ]
  return (
    <div className="flex items-center border-b border-line px-2 py-1">
      <Menu
        trigger={
          <button
            type="button"
            className="flex h-7 min-w-0 items-center gap-1.5 rounded-control px-2 text-second text-ink2 hover:bg-hover"
          >
            <ListFilter size={15} aria-hidden="true" />
            <span className="truncate">{parts.join(' · ')}</span>
          </button>
        }
      >
        <MenuItem checked={filter.employee === 'me'} onClick={() => desk.setFilter({ ...filter, employee: filter.employee ? null : 'me' })}>
          {t.list.mine}
        </MenuItem>
        <MenuItem checked={filter.waiting} onClick={() => desk.setFilter({ ...filter, waiting: !filter.waiting })}>
          {t.list.waiting}
        </MenuItem>
        <MenuLine />
        <MenuGroup label={t.list.channel}>
          <MenuItem checked={!filter.channel} onClick={() => desk.setFilter({ ...filter, channel: null })}>
            {t.list.allChannels}
          </MenuItem>
          {[...channels.values()].map((one) => (
            <MenuItem
              key={one.channel_id}
              checked={filter.channel === one.channel_id}
              onClick={() => desk.setFilter({ ...filter, channel: one.channel_id })}
            >
              {one.name}
            </MenuItem>
          ))}
        </MenuGroup>
      </Menu>
      {filter !== NO_FILTER && (
        <IconButton label={t.list.reset} className="ml-auto size-7" onClick={() => desk.setFilter(NO_FILTER)}>
          <X size={15} />
        </IconButton>
      )}
    </div>
  )
}

/** Nobody gets chats, and the site's visitors see a form instead of a chat, while all are off. */
function NotOnLine() {
  const { desk } = useDesk()
  const presence = useDeskState((state) => state.me.presence)
  if (presence === 'online') return null
  return (
    <div className="flex items-center gap-2 border-t border-line bg-raised py-2 pr-2 pl-4 text-second text-ink2">
      <span className="min-w-0 flex-1">{t.desk.notOnLine[presence]}</span>
      <Button look="soft" onClick={() => void desk.setPresence('online').catch(tellRefusal)}>
        {t.desk.goOnLine}
      </Button>
    </div>
  )
}

/** Said only when it lasts: a connection that comes back at once troubles nobody. */
function LinkLost() {
  const link = useDeskState((state) => state.link)
  const waiting = useDeskState((state) => state.outgoing.length)
  const [long, setLong] = useState(false)
  useEffect(() => {
    if (link === 'online') return setLong(false)
    const timer = setTimeout(() => setLong(true), 2500)
    return () => clearTimeout(timer)
  }, [link])
  if (!long) return null
  return (
    <p
      role="status"
      className="flex items-center gap-2 border-t border-line bg-amber-soft px-4 py-2 text-second text-amber"
    >
      <WifiOff size={16} className="shrink-0" aria-hidden="true" />
      {waiting > 0 ? t.desk.offlineWaiting(waiting) : t.desk.offline}
    </p>
  )
}
