import { FolderPlus, Plus, X } from 'lucide-react'
import { words } from '../../kit/i18n'
import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { Button, IconButton } from '../../kit/ui/button'
import { Checks, SelectField } from '../parts/bits'
import { ChipsField } from '../parts/chips-field'
import { Choice, Wrong } from './choice'
import { useEditor, useParams } from './context'
import {
  asGroup,
  type Condition,
  type Filter,
  type Gate,
  type Group,
  grouped,
  newCondition,
  OPERATORS,
  takesValues,
  withOperator,
  withParam,
} from './filter'
import { ParamSelect } from './param-select'

/** Conditions with their verdict; `at` is the place of the gate in the settings. */
export function GateForm({
  gate,
  at,
  of,
  onChange,
}: {
  gate: Gate
  at: string
  /** What the verdict decides about: passing on, or a rule. */
  of: 'filter' | 'rule'
  onChange: (gate: Gate) => void
}) {
  const f = crmSettings().filter
  return (
    <div className="space-y-3">
      <Choice
        label={of === 'rule' ? f.ruleVerdict : f.verdict}
        inline={of === 'rule'}
        value={gate.verdict}
        options={[
          { value: 'allow', label: of === 'rule' ? f.allowRule : f.allow },
          { value: 'denied', label: of === 'rule' ? f.deniedRule : f.denied },
        ]}
        onChange={(verdict) => onChange({ ...gate, verdict })}
      />
      <GroupForm group={asGroup(gate.when)} at={`${at}/when`} onChange={(when) => onChange({ ...gate, when })} />
    </div>
  )
}

function GroupForm({
  group,
  at,
  onChange,
  onRemove,
}: {
  group: Group
  at: string
  onChange: (group: Filter) => void
  onRemove?: () => void
}) {
  const f = crmSettings().filter
  const { whole } = useEditor().editing
  const own = whole(at) ?? whole(`${at}/of`)
  return (
    <div role="group" aria-label={f[group.is]} className="rounded-control border border-line bg-raised p-3">
      <div className="mb-2 flex items-end gap-1">
        <div className="min-w-0 flex-1">
          <SelectField
            label={f.group}
            value={group.is}
            options={(['all', 'any', 'not'] as const).map((is) => [is, f[is]] as const)}
            onChange={(is) => onChange(grouped(group, is))}
          />
        </div>
        {onRemove && (
          <IconButton label={f.removeGroup} onClick={onRemove} className="mb-1">
            <X size={16} />
          </IconButton>
        )}
      </div>
      <div className="space-y-2">
        <Wrong said={own} />
        {group.of.length === 0 && !own && <p className="text-second text-ink3">{f.emptyGroup}</p>}
        {group.of.map((one, n) => {
          const place = {
            at: `${at}/of/${n}`,
            onChange: (next: Filter) => onChange({ ...group, of: group.of.with(n, next) }),
            onRemove: () => onChange({ ...group, of: group.of.toSpliced(n, 1) }),
          }
          // Conditions have no ids; what one shows is all in its value.
          return one.is === 'param' ? (
            <ConditionForm key={n} condition={one} {...place} />
          ) : (
            <GroupForm key={n} group={one} {...place} />
          )
        })}
      </div>
      <div className="mt-2 flex flex-wrap gap-2">
        <Button look="soft" onClick={() => onChange({ ...group, of: [...group.of, newCondition()] })}>
          <Plus size={15} aria-hidden="true" />
          {f.addCondition}
        </Button>
        <Button
          look="quiet"
          onClick={() =>
            onChange({ ...group, of: [...group.of, { is: group.is === 'any' ? 'all' : 'any', of: [newCondition()] }] })
          }
        >
          <FolderPlus size={15} aria-hidden="true" />
          {f.addGroup}
        </Button>
      </div>
    </div>
  )
}

function ConditionForm({
  condition,
  at,
  onChange,
  onRemove,
}: {
  condition: Condition
  at: string
  onChange: (condition: Filter) => void
  onRemove: () => void
}) {
  const f = crmSettings().filter
  const { told } = useEditor().editing
  const params = useParams()
  return (
    <div className="rounded-control border border-line bg-pane p-3">
      <div className="flex items-start gap-1">
        <div className="grid min-w-0 flex-1 grid-cols-2 gap-2 max-[759px]:grid-cols-1">
          <ParamSelect
            label={f.param}
            value={condition.param}
            params={params}
            error={told(`${at}/param`)}
            onChange={(param) => onChange(withParam(condition, param))}
          />
          <SelectField
            label={f.operator}
            value={condition.by}
            error={told(`${at}/by`)}
            options={OPERATORS.map((by) => [by, f.operators[by]] as const)}
            onChange={(by) => onChange(withOperator(condition, by))}
          />
        </div>
        <IconButton label={f.removeCondition} onClick={onRemove} className="mt-6">
          <X size={16} />
        </IconButton>
      </div>
      {takesValues(condition.by) && (
        <div className="mt-2">
          <Values condition={condition} error={told(`${at}/values`)} onChange={(values) => onChange({ ...condition, values })} />
        </div>
      )}
    </div>
  )
}

/** The values to compare with; where there are only a few, they are ticked. */
function Values({
  condition,
  error,
  onChange,
}: {
  condition: Condition
  error: string | undefined
  onChange: (values: string[]) => void
}) {
  const f = crmSettings().filter
  const { channels, kinds } = useEditor()
  const whole = condition.by === 'equals' || condition.by === 'not_equals'
  const lists: Record<string, { value: string; label: string }[]> = {
    'enquiry.kind': (['chat', 'request'] as const).map((value) => ({ value, label: f.kinds[value] })),
    'enquiry.order': (['first', 'repeat'] as const).map((value) => ({ value, label: f.orders[value] })),
    'channel.id': channels.map((one) => ({ value: one.channel_id, label: one.name })),
    'channel.kind': kinds.map((one) => ({ value: one.kind, label: words(one.title) })),
  }
  const list = whole ? lists[condition.param] : undefined
  const values = condition.values ?? []
  if (list) {
    const gone = values.filter((value) => !list.some((one) => one.value === value))
    return (
      <Checks
        label={f.values}
        error={error}
        chosen={values}
        options={[...list, ...gone.map((value) => ({ value, label: value }))]}
        onChange={onChange}
      />
    )
  }
  return (
    <ChipsField
      label={f.values}
      help={f.valuesHelp}
      error={error}
      values={values}
      placeholder={f.valuesNone}
      remove={f.removeValue}
      onChange={onChange}
    />
  )
}
