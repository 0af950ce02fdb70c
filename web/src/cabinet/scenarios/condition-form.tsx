import { Plus, X } from 'lucide-react'
import { words } from '../../kit/i18n'
import { scenarioTexts } from '../../kit/i18n/flow/scenario'
import { Button, IconButton } from '../../kit/ui/button'
import { Field, inputClass, TextField } from '../../kit/ui/field'
import { Checks, SelectField } from '../parts/bits'
import { ChipsField } from '../parts/chips-field'
import { useDirectory } from './directory'
import { CONDITION_KINDS, type Condition, type ConditionKind, newCondition } from './model'
import type { Told } from './step-form'

const kinds = CONDITION_KINDS.flatMap((group) => group.kinds)

/** One condition, or a group of them, which holds others to any depth. */
export function ConditionForm({
  condition,
  at,
  told,
  onChange,
  onRemove,
}: {
  condition: Condition
  at: string
  told: Told
  onChange: (condition: Condition) => void
  onRemove?: () => void
}) {
  const f = scenarioTexts()
  const { schedules } = useDirectory()
  const schedule = schedules[0]?.schedule_id ?? ''
  const change = (kind: ConditionKind) => {
    if (kind === condition.is) return
    const next = newCondition(kind, schedule)
    // A group keeps what is in it; a single condition goes into the group that takes its place.
    if ('of' in next) return onChange({ ...next, of: 'of' in condition ? condition.of : [condition] })
    onChange(next)
  }
  return (
    <div className="rounded-control border border-line bg-raised p-3">
      <div className="mb-2 flex items-end gap-1">
        <div className="min-w-0 flex-1">
          <Field label={f.conditionKind}>
            {(ids) => (
              <select
                {...ids}
                value={condition.is}
                onChange={(event) => {
                  const kind = kinds.find((one) => one === event.target.value)
                  if (kind) change(kind)
                }}
                className={`${inputClass} h-10`}
              >
                {CONDITION_KINDS.map((group) => (
                  <optgroup key={group.of} label={f.groups[group.of]}>
                    {group.kinds.map((kind) => (
                      <option key={kind} value={kind}>
                        {f.conditions[kind]}
                      </option>
                    ))}
                  </optgroup>
                ))}
              </select>
            )}
          </Field>
        </div>
        {onRemove && (
          <IconButton label={f.removeCondition} onClick={onRemove} className="mb-1">
            <X size={16} />
          </IconButton>
        )}
      </div>
      <div className="space-y-3">
        <Details condition={condition} at={at} told={told} onChange={onChange} />
      </div>
    </div>
  )
}

function Details({
  condition,
  at,
  told,
  onChange,
}: {
  condition: Condition
  at: string
  told: Told
  onChange: (condition: Condition) => void
}) {
  const f = scenarioTexts()
  const directory = useDirectory()
  switch (condition.is) {
    case 'all':
    case 'any':
    case 'not': {
      const { of } = condition
      return (
        <>
          {of.map((one, n) => (
            <ConditionForm
              // Conditions have no ids; what a fresh one shows is all in its value.
              key={n}
              condition={one}
              at={`${at}/of/${n}`}
              told={told}
              onChange={(next) => onChange({ ...condition, of: of.with(n, next) })}
              onRemove={() => onChange({ ...condition, of: of.toSpliced(n, 1) })}
            />
          ))}
          {of.length === 0 && told(`${at}/of`) && <p className="text-caption text-red">{told(`${at}/of`)}</p>}
          <Button look="soft" onClick={() => onChange({ ...condition, of: [...of, newCondition('text')] })}>
            <Plus size={15} aria-hidden="true" />
            {f.addCondition}
          </Button>
        </>
      )
    }
    case 'channel':
      return (
        <Checks
          label={f.conditions.channel}
          error={told(`${at}/channels`)}
          chosen={condition.channels}
          options={directory.channels.map((one) => ({ value: one.channel_id, label: one.name }))}
          empty={f.channelsNone}
          onChange={(channels) => onChange({ ...condition, channels })}
        />
      )
    case 'kind':
      return (
        <Checks
          label={f.conditions.kind}
          error={told(`${at}/kinds`)}
          chosen={condition.kinds}
          options={directory.kinds.map((one) => ({ value: one.kind, label: words(one.title) }))}
          onChange={(chosen) => onChange({ ...condition, kinds: chosen })}
        />
      )
    case 'site':
    case 'page':
    case 'campaign':
    case 'source':
    case 'text':
    case 'language':
      return (
        <ChipsField
          label={f.values}
          help={f.valuesHelp[condition.is]}
          error={told(`${at}/any_of`)}
          values={condition.any_of}
          placeholder={f.addValue}
          remove={f.removeValue}
          onChange={(any_of) => onChange({ ...condition, any_of })}
        />
      )
    case 'utm':
      return (
        <>
          <TextField
            label={f.utmKey}
            value={condition.key}
            error={told(`${at}/key`)}
            onChange={(event) => onChange({ ...condition, key: event.target.value })}
          />
          <ChipsField
            label={f.values}
            error={told(`${at}/any_of`)}
            values={condition.any_of}
            placeholder={f.addValue}
            remove={f.removeValue}
            onChange={(any_of) => onChange({ ...condition, any_of })}
          />
        </>
      )
    case 'working_hours':
      return (
        <>
          <SelectField
            label={f.schedule}
            help={directory.schedules.length === 0 ? f.noSchedules : undefined}
            error={told(`${at}/schedule`)}
            value={condition.schedule}
            options={choices(
              condition.schedule,
              f.chooseSchedule,
              directory.schedules.map((one) => [one.schedule_id, one.name]),
            )}
            onChange={(schedule) => onChange({ ...condition, schedule })}
          />
          <SelectField
            label={f.hoursState}
            value={condition.state}
            options={[
              ['open', f.open],
              ['closed', f.closed],
            ]}
            onChange={(state) => onChange({ ...condition, state })}
          />
        </>
      )
    case 'enquiry':
      return (
        <SelectField
          label={f.order}
          value={condition.order}
          options={[
            ['first', f.first],
            ['repeat', f.repeat],
          ]}
          onChange={(order) => onChange({ ...condition, order })}
        />
      )
    case 'contact':
      return (
        <SelectField
          label={f.contactState}
          value={condition.state}
          options={[
            ['known', f.known],
            ['unknown', f.unknown],
          ]}
          onChange={(state) => onChange({ ...condition, state })}
        />
      )
    case 'anyone_online':
      return (
        <SelectField
          label={f.onlineGroup}
          error={told(`${at}/group`)}
          value={condition.group ?? ''}
          options={choices(
            condition.group ?? '',
            f.anyone,
            directory.groups.map((one) => [one.group_id, one.name]),
          )}
          onChange={(group) => onChange(group ? { is: 'anyone_online', group } : { is: 'anyone_online' })}
        />
      )
    case 'last_assignee_online':
      return null
  }
}

/** What may be chosen, with "nothing yet" first; what is chosen and gone stays to be seen. */
export function choices(
  chosen: string,
  nothing: string,
  all: (readonly [string, string])[],
): (readonly [string, string])[] {
  const gone = chosen && !all.some(([id]) => id === chosen)
  return [['', nothing], ...all, ...(gone ? [[chosen, scenarioTexts().gonePart] as const] : [])]
}
