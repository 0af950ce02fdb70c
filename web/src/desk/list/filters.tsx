import { ListFilter, SquareCheck, X } from 'lucide-react'
import { lazy, Suspense, useCallback, useRef, useState } from 'react'
import { t } from '../../kit/i18n'
import { IconButton } from '../../kit/ui/button'
import { useDesk, useDeskState } from '../context'
import { type Filter, isFiltered, NO_FILTER, sameFilter } from '../store/filter'
import type { State } from '../store/state'

const FilterPanel = lazy(() => import('./filter-panel'))

/** A filter in words, one for each part that is set. */
export function inWords(filter: Filter, state: Pick<State, 'channels' | 'employees' | 'groups' | 'tags'>): string[] {
  const words: string[] = []
  const named = (name: string | undefined) => words.push(name ?? t.shell.filter.gone)
  if (filter.kind) words.push(filter.kind === 'request' ? t.shell.sections.requests : t.shell.filter.chat)
  if (filter.channel) named(state.channels.get(filter.channel)?.name)
  if (filter.employee === 'me') words.push(t.shell.filter.mine)
  else if (filter.employee) named(state.employees.get(filter.employee)?.name)
  if (filter.group) named(state.groups.get(filter.group)?.name)
  if (filter.tag) named(state.tags.get(filter.tag)?.name)
  if (filter.waiting) words.push(t.list.waiting)
  return words
}

export function useDirectories() {
  return {
    channels: useDeskState((state) => state.channels),
    employees: useDeskState((state) => state.employees),
    groups: useDeskState((state) => state.groups),
    tags: useDeskState((state) => state.tags),
  }
}

/** The line above the list: what is shown, saved filters, choosing of several. */
export function Filters({ selecting, onSelecting }: { selecting: boolean; onSelecting: (on: boolean) => void }) {
  const { desk } = useDesk()
  const filter = useDeskState((state) => state.filter)
  const views = useDeskState((state) => state.preferences.views)
  const directories = useDirectories()
  const [shown, setShown] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const done = useCallback(() => setShown(false), [])
  const words = inWords(filter, directories)
  const active = views.find((view) => sameFilter(view.filter, filter))
  const quick = 'flex h-7 shrink-0 items-center rounded-full border px-2.5 text-caption font-medium'
  return (
    <div className="border-b border-line py-1">
      <div className="flex items-center gap-1 px-2">
        <button
          ref={button}
          type="button"
          data-filters
          aria-haspopup="dialog"
          aria-expanded={shown}
          onClick={() => setShown(!shown)}
          className="flex h-7 min-w-0 items-center gap-1.5 rounded-control px-2 text-second text-ink2 hover:bg-hover"
        >
          <ListFilter size={15} className="shrink-0" aria-hidden="true" />
          <span className="truncate">{active?.name ?? (words.join(' · ') || t.shell.filter.all)}</span>
        </button>
        <Suspense>{shown && <FilterPanel button={button} filter={filter} onDone={done} />}</Suspense>
        {isFiltered(filter) && (
          <IconButton label={t.list.reset} className="size-7" onClick={() => desk.setFilter(NO_FILTER)}>
            <X size={15} />
          </IconButton>
        )}
        <IconButton
          label={t.shell.select.mode}
          aria-pressed={selecting}
          className={`ml-auto size-7 ${selecting ? 'bg-accent-soft text-accent-text' : ''}`}
          onClick={() => onSelecting(!selecting)}
        >
          <SquareCheck size={16} />
        </IconButton>
      </div>
      {views.length > 0 && (
        <div role="group" aria-label={t.shell.views.list} className="flex gap-1.5 overflow-x-auto px-3 pt-1 pb-1.5 [scrollbar-width:none]">
          {views.map((view) => (
            <button
              key={view.id}
              type="button"
              aria-pressed={view === active}
              onClick={() => desk.setFilter(view === active ? NO_FILTER : view.filter)}
              className={`${quick} ${view === active ? 'border-accent bg-accent-soft text-accent-text' : 'border-edge text-ink2 hover:bg-hover'}`}
            >
              {view.name}
            </button>
          ))}
        </div>
      )}
    </div>
  )
}
