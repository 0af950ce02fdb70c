import type { ChannelKind, Employee } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { TextField } from '../../kit/ui/field'
import { SelectField, Toggle } from '../parts/bits'

/** What every channel has, whatever its kind. */
export interface Common {
  name: string
  scenario_id: string
  pinned_employee_id: string
  auto_close_minutes: string
  use_in_widget: boolean
}

export interface Named {
  id: string
  name: string
}

export function CommonFields({
  value,
  set,
  told,
  kind,
  employees,
  scenarios,
}: {
  value: Common
  set: (patch: Partial<Common>) => void
  told: (field: string) => string | undefined
  kind: ChannelKind
  employees: readonly Employee[]
  scenarios: readonly Named[]
}) {
  const texts = s().channels
  return (
    <>
      <TextField
        label={t.cabinet.channelName}
        help={t.cabinet.channelNameHelp}
        error={told('name')}
        value={value.name}
        required
        onChange={(event) => set({ name: event.target.value })}
      />
      <SelectField
        label={texts.scenario}
        help={texts.scenarioHelp}
        error={told('scenario_id')}
        value={value.scenario_id}
        options={[['', texts.noScenario], ...scenarios.map((one) => [one.id, one.name] as const)]}
        onChange={(scenario_id) => set({ scenario_id })}
      />
      <SelectField
        label={t.cabinet.pinned}
        help={t.cabinet.pinnedHelp}
        error={told('pinned_employee_id')}
        value={value.pinned_employee_id}
        options={[
          ['', t.cabinet.notPinned],
          ...employees
            .filter((one) => !one.disabled || one.employee_id === value.pinned_employee_id)
            .map((one) => [one.employee_id, one.name] as const),
        ]}
        onChange={(pinned_employee_id) => set({ pinned_employee_id })}
      />
      <TextField
        label={t.cabinet.autoClose}
        help={t.cabinet.autoCloseHelp}
        error={told('auto_close_minutes')}
        type="number"
        min={1}
        value={value.auto_close_minutes}
        onChange={(event) => set({ auto_close_minutes: event.target.value })}
        className="max-w-40"
      />
      {kind.capabilities.in_widget && (
        <Toggle
          label={texts.inWidget}
          help={texts.inWidgetHelp}
          on={value.use_in_widget}
          onChange={(use_in_widget) => set({ use_in_widget })}
        />
      )}
    </>
  )
}
