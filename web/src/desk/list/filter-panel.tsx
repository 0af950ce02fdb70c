import { Popover } from '@base-ui/react/popover'
import { Trash2 } from 'lucide-react'
import { type RefObject, useState } from 'react'
import { newId } from '../../kit/id'
import { t } from '../../kit/i18n'
import { Button, IconButton } from '../../kit/ui/button'
import { Field, inputClass } from '../../kit/ui/field'
import { toast } from '../../kit/ui/toast'
import { useDesk, useDeskState } from '../context'
import { type Filter, isFiltered, sameFilter } from '../store/filter'
import { MOST_VIEWS, type SavedView } from '../store/preferences'
import { useDirectories } from './filters'

/** Every part of the filter, and the saved ones. */
export default function FilterPanel({
  button,
  filter,
  onDone,
}: {
  button: RefObject<HTMLButtonElement | null>
  filter: Filter
  onDone: () => void
}) {
  return (
    <Popover.Root
      open
      onOpenChange={(open, details) => {
        // The button closes by itself.
        const inside = details.event.target instanceof Node && button.current?.contains(details.event.target)
        if (!open && !inside) onDone()
      }}
    >
      <Popover.Portal>
        <Popover.Positioner anchor={button} align="start" sideOffset={6} className="z-50">
          <Popover.Popup
            aria-label={t.shell.filter.title}
            finalFocus={button}
            className="float-in max-h-[var(--available-height)] w-[320px] max-w-[calc(100vw-16px)] overflow-y-auto rounded-card border border-line bg-pane p-4 shadow-float outline-none"
          >
            <Parts filter={filter} onDone={onDone} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  )
}

function Parts({ filter, onDone }: { filter: Filter; onDone: () => void }) {
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
