import { scenarioTexts } from '../../kit/i18n/flow/scenario'
import { TextField } from '../../kit/ui/field'
import { Checks, SelectField, Toggle } from '../parts/bits'
import { choices } from './condition-form'
import { useDirectory } from './directory'
import {
  type Distribution,
  FALLBACKS,
  STRATEGIES,
  type Strategy,
  type StrategyName,
  type Target,
  UNANSWERED,
  type Unanswered,
} from './model'
import { SpanField } from './span-field'
import type { Told } from './step-form'

type To = 'everybody' | 'group' | 'employees'

/** Who gets it, how, in what time, and what happens when they do not answer (RT-2, RT-3a). */
export function DistributeForm<T extends Distribution>({
  step,
  at,
  told,
  onChange,
}: {
  step: T
  at: string
  told: Told
  onChange: (step: T) => void
}) {
  const f = scenarioTexts()
  const { groups, employees } = useDirectory()
  const first = groups[0]?.group_id ?? ''
  const groupNames = groups.map((one) => [one.group_id, one.name] as const)
  const set = (patch: Partial<Distribution>) => onChange({ ...step, ...patch })
  const to: To = step.to === 'everybody' ? 'everybody' : 'group' in step.to ? 'group' : 'employees'
  const targets: Record<To, () => Target> = {
    everybody: () => 'everybody',
    group: () => ({ group: first }),
    employees: () => ({ employees: [] }),
  }
  const { answer } = step
  const timed = (patch: Partial<NonNullable<typeof answer>>) => answer && set({ answer: { ...answer, ...patch } })
  return (
    <>
      <SelectField
        label={f.to}
        value={to}
        options={[
          ['everybody', f.toEverybody],
          ['group', f.toGroup],
          ['employees', f.toEmployees],
        ]}
        onChange={(next) => next !== to && set({ to: targets[next]() })}
      />
      {typeof step.to === 'object' && 'group' in step.to && (
        <SelectField
          label={f.group}
          help={groups.length === 0 ? f.noGroups : undefined}
          error={told(`${at}/to/group`)}
          value={step.to.group}
          options={choices(step.to.group, f.chooseGroup, groupNames)}
          onChange={(group) => set({ to: { group } })}
        />
      )}
      {typeof step.to === 'object' && 'employees' in step.to && (
        <Checks
          label={f.employees}
          error={told(`${at}/to/employees`)}
          chosen={step.to.employees}
          options={employees.map((one) => ({ value: one.employee_id, label: one.name }))}
          onChange={(chosen) => set({ to: { employees: chosen } })}
        />
      )}
      <SelectField
        label={f.by}
        help={f.strategiesHelp[step.by.strategy]}
        error={told(`${at}/by`)}
        value={step.by.strategy}
        options={STRATEGIES.map((one) => [one, f.strategies[one]] as const)}
        onChange={(next) => set({ by: strategy(next) })}
      />
      {step.by.strategy === 'last_assignee' && (
        <SelectField
          label={f.fallback}
          value={step.by.otherwise}
          options={FALLBACKS.map((one) => [one, f.strategies[one]] as const)}
          onChange={(otherwise) => set({ by: { strategy: 'last_assignee', otherwise } })}
        />
      )}
      <Toggle
        label={f.respect}
        help={f.respectHelp}
        on={step.capacity === 'respect'}
        onChange={(on) => set({ capacity: on ? 'respect' : 'ignore' })}
      />
      <Toggle
        label={f.limited}
        on={!!answer}
        onChange={(on) => {
          const { answer: _, ...rest } = step
          const then: Unanswered = step.by.strategy === 'everyone' ? { go: 'everybody' } : { go: 'next_person', rounds: 1 }
          onChange((on ? { ...step, answer: { within_seconds: 120, then } } : rest) as T)
        }}
      />
      {answer && (
        <div className="space-y-4 border-l-2 border-line pl-3">
          <SpanField
            label={f.within}
            error={told(`${at}/answer/within_seconds`)}
            seconds={answer.within_seconds}
            onChange={(within_seconds) => timed({ within_seconds })}
          />
          <SelectField
            label={f.then}
            error={told(`${at}/answer/then`)}
            value={answer.then.go}
            options={UNANSWERED.map((one) => [one, f.thens[one]] as const)}
            onChange={(go) => go !== answer.then.go && timed({ then: unanswered(go, first) })}
          />
          {answer.then.go === 'next_person' && (
            <TextField
              label={f.rounds}
              type="number"
              min={1}
              max={10}
              error={told(`${at}/answer/then/rounds`)}
              value={Number.isNaN(answer.then.rounds) ? '' : String(answer.then.rounds)}
              onChange={(event) =>
                timed({ then: { go: 'next_person', rounds: event.target.value ? Number(event.target.value) : Number.NaN } })
              }
            />
          )}
          {answer.then.go === 'group' && (
            <SelectField
              label={f.group}
              error={told(`${at}/answer/then/group`)}
              value={answer.then.group}
              options={choices(answer.then.group, f.chooseGroup, groupNames)}
              onChange={(group) => timed({ then: { go: 'group', group } })}
            />
          )}
        </div>
      )}
      <SelectField
        label={f.nobody}
        error={told(`${at}/nobody_online`)}
        value={step.nobody_online.go}
        options={[
          ['wait', f.nobodys.wait],
          ['steps', f.nobodys.steps],
        ]}
        onChange={(go) =>
          go !== step.nobody_online.go && set({ nobody_online: go === 'wait' ? { go } : { go, steps: [] } })
        }
      />
    </>
  )
}

const strategy = (name: StrategyName): Strategy =>
  name === 'last_assignee' ? { strategy: name, otherwise: 'round_robin' } : { strategy: name }

function unanswered(go: Unanswered['go'], group: string): Unanswered {
  switch (go) {
    case 'next_person':
      return { go, rounds: 1 }
    case 'group':
      return { go, group }
    case 'everybody':
      return { go }
    case 'steps':
      return { go, steps: [] }
  }
}
