import { Popover } from '@base-ui/react/popover'
import { ListFilter, SquareCheck, Trash2, X } from 'lucide-react'
import { useState } from 'react'
import { t } from '../../kit/i18n'
import { newId } from '../../kit/id'
import { Button, IconButton } from '../../kit/ui/button'
import { Field, inputClass } from '../../kit/ui/field'
import { toast } from '../../kit/ui/toast'
import { useDesk, useDeskState } from '../context'
import { type Filter, isFiltered, NO_FILTER, sameFilter } from '../store/filter'
import { MOST_VIEWS, type SavedView } from '../store/preferences'
import type { State } from '../store/state'

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

function useDirectories() {
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
  const words = inWords(filter, directories)
  const active = views.find((view) => sameFilter(view.filter, filter))
  const quick = 'flex h-7 shrink-0 items-center rounded-full border px-2.5 text-caption font-medium'
  return (
    <div className="border-b border-line py-1">
      <div className="flex items-center gap-1 px-2">
        <Popover.Root open={shown} onOpenChange={setShown}>
          <Popover.Trigger
            data-filters
            className="flex h-7 min-w-0 items-center gap-1.5 rounded-control px-2 text-second text-ink2 hover:bg-hover"
          >
            <ListFilter size={15} className="shrink-0" aria-hidden="true" />
            <span className="truncate">{active?.name ?? (words.join(' · ') || t.shell.filter.all)}</span>
          </Popover.Trigger>
          <Popover.Portal>
            <Popover.Positioner align="start" sideOffset={6} className="z-50">
              <Popover.Popup
                aria-label={t.shell.filter.title}
                className="float-in max-h-[var(--available-height)] w-[320px] max-w-[calc(100vw-16px)] overflow-y-auto rounded-card border border-line bg-pane p-4 shadow-float outline-none"
              >
                <Panel filter={filter} onDone={() => setShown(false)} />
              </Popover.Popup>
            </Popover.Positioner>
          </Popover.Portal>
        </Popover.Root>
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

function Panel({ filter, onDone }: { filter: Filter; onDone: () => void }) {
  const { desk } = useDesk()
  const state = useDirectories()
  const me = useDeskState((all) => all.me.employee_id)
  const set = (change: Partial<Filter>) => desk.setFilter({ ...filter, ...change })
  const f = t.shell.filter
  const colleagues = [...state.employees.values()].filter((one) => !one.disabled && one.employee_id !== me)
  return (
    <div className="space-y-2.5">
      <Choice
        label={f.channel}
        value={filter.channel}
        any={f.anyChannel}
        options={[...state.channels.values()].map((one) => [one.channel_id, one.name])}
        onChoose={(channel) => set({ channel })}
      />
      <Choice
        label={f.employee}
        value={filter.employee}
        any={f.anyEmployee}
        options={[['me', f.mine], ...colleagues.map((one): [string, string] => [one.employee_id, one.name])]}
        onChoose={(employee) => set({ employee })}
      />
      {state.groups.size > 0 && (
        <Choice
          label={f.group}
          value={filter.group}
          any={f.anyGroup}
          options={[...state.groups.values()].map((one) => [one.group_id, one.name])}
          onChoose={(group) => set({ group })}
        />
      )}
      {state.tags.size > 0 && (
        <Choice
          label={f.tag}
          value={filter.tag}
          any={f.anyTag}
          options={[...state.tags.values()].map((one) => [one.tag_id, one.name])}
          onChoose={(tag) => set({ tag })}
        />
      )}
      <Choice
        label={f.kind}
        value={filter.kind}
        any={f.anyKind}
        options={[
          ['chat', f.chat],
          ['request', f.request],
        ]}
        onChoose={(kind) => set({ kind: kind === 'chat' || kind === 'request' ? kind : null })}
      />
      <label className="flex items-center gap-2 py-1 text-second">
        <input
          type="checkbox"
          checked={filter.waiting}
          onChange={(event) => set({ waiting: event.currentTarget.checked })}
          className="size-4 accent-[var(--accent)]"
        />
        {f.waiting}
      </label>
      <Saved filter={filter} onDone={onDone} />
    </div>
  )
}

function Choice({
  label,
  value,
  any,
  options,
  onChoose,
}: {
  label: string
  value: string | null
  any: string
  options: [string, string][]
  onChoose: (value: string | null) => void
}) {
  return (
    <Field label={label}>
      {(ids) => (
        <select
          {...ids}
          value={value ?? ''}
          onChange={(event) => onChoose(event.target.value || null)}
          className={`${inputClass} h-9 text-second`}
        >
          <option value="">{any}</option>
          {value && !options.some(([id]) => id === value) && <option value={value}>{t.shell.filter.gone}</option>}
          {options.map(([id, name]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

/** Names of filters: saved on every device of the person. */
function Saved({ filter, onDone }: { filter: Filter; onDone: () => void }) {
  const { desk } = useDesk()
  const views = useDeskState((state) => state.preferences.views)
  const [name, setName] = useState('')
  const known = views.some((view) => sameFilter(view.filter, filter))
  const v = t.shell.views

  function save() {
    const called = name.trim()
    if (!called) return
    if (views.length >= MOST_VIEWS) return toast(v.tooMany, { tone: 'bad' })
    const view: SavedView = { id: newId(), name: called, filter }
    desk.settings.set({ views: [...views, view] })
    toast(v.saved(called))
    setName('')
    onDone()
  }

  return (
    <>
      {isFiltered(filter) && !known && (
        <form
          className="flex gap-2 border-t border-line pt-3"
          onSubmit={(event) => {
            event.preventDefault()
            save()
          }}
        >
          <input
            aria-label={v.name}
            placeholder={v.name}
            maxLength={40}
            value={name}
            onChange={(event) => setName(event.target.value)}
            className={`${inputClass} h-8 text-second`}
          />
          <Button type="submit" look="main" disabled={!name.trim()}>
            {t.save}
          </Button>
        </form>
      )}
      {views.length > 0 && (
        <div className="border-t border-line pt-2">
          <p className="pb-1 text-caption text-ink3">{v.list}</p>
          <ul>
            {views.map((view) => (
              <li key={view.id} className="flex items-center gap-1">
                <button
                  type="button"
                  className="min-w-0 flex-1 truncate rounded-control px-2 py-1 text-left text-second hover:bg-hover"
                  onClick={() => {
                    desk.setFilter(view.filter)
                    onDone()
                  }}
                >
                  {view.name}
                </button>
                <IconButton
                  label={v.remove(view.name)}
                  className="size-7"
                  onClick={() => {
                    desk.settings.set({ views: views.filter((one) => one.id !== view.id) })
                    toast(v.removed(view.name))
                  }}
                >
                  <Trash2 size={15} />
                </IconButton>
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  )
}
