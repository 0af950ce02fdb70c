import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { SelectField, Toggle } from '../parts/bits'
import { MINUTES } from '../parts/span'
import { SpanField } from '../parts/span-field'
import { Choice, Note, TextButton } from './choice'
import { useEditor } from './context'

/** AMO-5. */
export function TabTasks() {
  const f = crmSettings()
  const { editing, live, open } = useEditor()
  const { draft, change, told } = editing
  const { tasks, responsible } = draft.settings
  const kinds = live.directory.task_types
  const kind = tasks?.kind ?? ''
  return (
    <>
      <Toggle
        label={f.tasks.on}
        help={f.tasks.onHelp}
        on={tasks !== null}
        onChange={(on) => change({ tasks: on ? { due_minutes: 60, owner: 'contact_card' } : null })}
      />
      {tasks && (
        <>
          <div className="max-w-80">
            <SpanField
              label={f.tasks.due}
              error={told('/tasks/due_minutes')}
              span={tasks.due_minutes || Number.NaN}
              sizes={MINUTES}
              names={f.tasks.units}
              unitLabel={f.tasks.unit}
              onChange={(due) => change({ tasks: { ...tasks, due_minutes: due || 0 } })}
            />
          </div>
          <Choice
            label={f.tasks.owner}
            value={tasks.owner}
            error={told('/tasks/owner')}
            options={[
              { value: 'contact_card', label: f.tasks.contact_card, help: f.tasks.contact_card_help },
              { value: 'integration', label: f.tasks.integration, help: f.tasks.integration_help },
            ]}
            onChange={(owner) => change({ tasks: { ...tasks, owner } })}
          />
          {tasks.owner === 'integration' && responsible.default === null && (
            <Note>
              {f.tasks.noDefault} <TextButton onClick={() => open('employees')}>{f.tasks.toEmployees}</TextButton>
            </Note>
          )}
          <SelectField
            label={f.tasks.kind}
            error={told('/tasks/kind')}
            value={kind}
            options={[
              ['', f.tasks.anyKind],
              ...kinds.map((one) => [one.id, one.name] as const),
              ...(kind && !kinds.some((one) => one.id === kind) ? [[kind, f.gone] as const] : []),
            ]}
            onChange={(id) => {
              const { kind: _, ...rest } = tasks
              change({ tasks: id ? { ...rest, kind: id } : rest })
            }}
          />
          <Note tone="plain">{f.tasks.once}</Note>
        </>
      )}
    </>
  )
}
