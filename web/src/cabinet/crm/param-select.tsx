import { Select } from '../parts/bits'
import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { Field, inputClass } from '../../kit/ui/field'
import type { Param } from './template'

type GroupName = keyof ReturnType<typeof crmSettings>['filter']['paramGroups']
const ORDER: GroupName[] = ['enquiry', 'channel', 'visit', 'utm', 'contact', 'field', 'employee', 'company']

export function groupOf(param: string): GroupName {
  if (param.startsWith('contact.field.')) return 'field'
  const head = param.split('.')[0] ?? ''
  return ORDER.find((one) => one === head) ?? 'enquiry'
}

/** Parameters in groups, in the order in which people look for them. */
export const inGroups = (params: readonly Param[]): [GroupName, Param[]][] =>
  ORDER.map((name): [GroupName, Param[]] => [name, params.filter((one) => groupOf(one.param) === name)]).filter(
    ([, some]) => some.length > 0,
  )

const OTHER = 'utm.'

/** A parameter of the enquiry; any other UTM mark by its name. */
export function ParamSelect({
  label,
  value,
  params,
  error,
  onChange,
}: {
  label: string
  value: string
  params: readonly Param[]
  error?: string | undefined
  onChange: (param: string) => void
}) {
  const f = crmSettings().filter
  const known = params.some((one) => one.param === value)
  const other = !known && value.startsWith(OTHER)
  return (
    <Field label={label} error={error}>
      {(ids) => (
        <div className="space-y-1.5">
          <Select {...ids} value={other ? OTHER : value} onChange={(event) => onChange(event.target.value)}>
            {inGroups(params).map(([group, some]) => (
              <optgroup key={group} label={f.paramGroups[group]}>
                {some.map((one) => (
                  <option key={one.param} value={one.param}>
                    {one.title}
                  </option>
                ))}
                {group === 'utm' && <option value={OTHER}>{f.otherUtm}</option>}
              </optgroup>
            ))}
            {!known && !other && <option value={value}>{f.unknownParam(value)}</option>}
          </Select>
          {other && (
            <input
              aria-label={f.utmKey}
              placeholder={f.utmKey}
              value={value.slice(OTHER.length)}
              onChange={(event) => onChange(OTHER + event.target.value.trim().replace(/^utm_/, ''))}
              className={`${inputClass} h-10`}
            />
          )}
        </div>
      )}
    </Field>
  )
}
