import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { VList, type VListHandle } from 'virtua'
import type { ConversationState } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { number } from '../../kit/i18n/format'
import { useDesk, useDeskState } from '../context'
import { TABS } from '../path'
import { isFiltered } from '../store/filter'
import { type View, WINDOW } from '../store/state'
import { EmptyTab } from './empty-tab'
import { Filters } from './filters'
import { ROW, Row } from './row'

const BulkBar = lazy(() => import('./bulk'))

/** The server counts the closed no further. */
const MOST_CLOSED = 10_000

const bounded = (count: number, bound: number) => (count >= bound ? `${number(bound - 1)}+` : number(count))

const known = ({ ids, next, cut, load }: View) =>
  load === 'no' || load === 'failed' ? null : `${number(ids.length)}${next || cut ? '+' : ''}`

interface Props {
  tab: ConversationState
  open: string | null
  onTab: (tab: ConversationState) => void
  onOpen: (id: string) => void
}

/** The three states of conversations with their counts. */
export function TabBar({ tab, onTab }: Pick<Props, 'tab' | 'onTab'>) {
  const counts = useDeskState((state) => state.counts)
  const filtered = useDeskState((state) => (isFiltered(state.filter) ? state.views : null))
  const shown = (name: ConversationState): string | null => {
    // The server counts all; of a filter only what was read is known.
    if (filtered) return known(filtered[name])
    if (!counts) return null
    return bounded(counts[name], name === 'closed' ? MOST_CLOSED : counts.bound)
  }
  return (
    <div role="tablist" aria-label={t.list.tabs} className="flex gap-5 border-b border-line px-4">
      {TABS.map((name) => {
        const count = shown(name)
        return (
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
            {count !== null && (
              <span
                className={`num ${name === 'new' && count !== '0' ? 'rounded-full bg-red-soft px-1.5 text-caption font-semibold text-red' : 'text-ink3'}`}
              >
                {count}
              </span>
            )}
          </button>
        )
      })}
    </div>
  )
}

/** The rows of a tab: few of them in the page, however many there are. */
export function Tabs({ tab, open, onTab, onOpen }: Props) {
  const { desk } = useDesk()
  const view = useDeskState((state) => state.views[tab])
  const closing = useDeskState((state) => state.closing)
  const filter = useDeskState((state) => state.filter)
  const chosen = useDeskState((state) => state.selected.size)
  const density = useDeskState((state) => state.preferences.density)
  const [mode, setMode] = useState(false)
  const list = useRef<VListHandle>(null)
  const ids = closing.size > 0 ? view.ids.filter((id) => !closing.has(id)) : view.ids
  const selecting = mode || chosen > 0

  useEffect(() => {
    if (view.load === 'no') void desk.readList(tab, 'top')
  }, [desk, tab, view.load])

  // What is chosen belongs to the tab in which it was.
  useEffect(() => () => desk.select([...desk.state.selected], false), [desk, tab])

  useEffect(() => {
    const at = open ? ids.indexOf(open) : -1
    if (at >= 0) list.current?.scrollToIndex(at, { align: 'nearest' })
    // Only when another one is opened: the list must not jump when it moves.
  }, [open, tab])

  return (
    <>
      <TabBar tab={tab} onTab={onTab} />
      {chosen > 0 ? (
        <Suspense fallback={<div className="h-[73px] border-b border-line bg-accent-soft" />}>
          <BulkBar ids={ids} onDone={() => setMode(false)} />
        </Suspense>
      ) : (
        <Filters selecting={mode} onSelecting={setMode} />
      )}
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
            // Another height of rows is another list.
            key={density}
            ref={list}
            data={ids}
            itemSize={ROW[density]}
            tabIndex={-1}
            onScroll={(offset) => {
              const handle = list.current
              if (!handle || view.load !== 'yes') return
              if (offset + handle.viewportSize > handle.scrollSize - 800) void desk.readList(tab, 'further')
            }}
          >
            {(id, index) => (
              <div key={id}>
                <Row id={id} open={id === open} selecting={selecting} onOpen={onOpen} />
                {view.cut && index === ids.length - 1 && (
                  <p className="px-6 py-4 text-center text-caption text-ink3">{t.shell.list.cut(WINDOW)}</p>
                )}
              </div>
            )}
          </VList>
        ) : (
          <EmptyTab tab={tab} load={view.load} filtered={isFiltered(filter)} onTab={onTab} />
        )}
      </div>
    </>
  )
}
