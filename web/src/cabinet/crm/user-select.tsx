import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { SelectField } from '../parts/bits'
import { useEditor } from './context'

/** A user of the CRM; one who is gone or inactive stays to be seen, in red. */
export function UserSelect({
  label,
  help,
  value,
  none,
  error,
  onChange,
}: {
  label: string
  help?: string
  value: string
  /** The choice of nobody, where it may be. */
  none?: string
  error?: string | undefined
  onChange: (user: string) => void
}) {
  const f = crmSettings()
  const { live } = useEditor()
  const { users } = live.directory
  const chosen = users.find((one) => one.id === value)
  const fault =
    value && !live.empty ? (!chosen ? f.employees.goneUser : chosen.active ? undefined : f.employees.inactiveUser) : undefined
  const active = users.filter((one) => one.active)
  return (
    <SelectField
      label={label}
      help={help}
      error={error ?? fault}
      value={value}
      options={[
        ...(none !== undefined || !value ? [['', none ?? f.choose] as const] : []),
        ...active.map((one) => [one.id, one.name] as const),
        ...(value && !chosen?.active ? [[value, chosen ? `${chosen.name} (${f.inactive})` : f.gone] as const] : []),
      ]}
      onChange={onChange}
    />
  )
}
