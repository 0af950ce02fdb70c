import { api, ask } from '../../kit/api/client'
import type { Channel, ChannelDetails, ChannelKind, Employee } from '../../kit/api/types'
import { words } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { PageForm, useForm } from '../parts/form'
import { wholeOrNull } from '../people/find'
import { SettingsForm } from '../settings-form'
import { firstAnswers, sentAnswers } from './answers'
import { type Common, CommonFields, type Named } from './common-fields'
import { WidgetPreview } from './widget-preview'

export const commonOf = (channel: ChannelDetails): Common => ({
  name: channel.name,
  scenario_id: channel.scenario_id ?? '',
  pinned_employee_id: channel.pinned_employee_id ?? '',
  auto_close_minutes: channel.auto_close_minutes ? String(channel.auto_close_minutes) : '',
  use_in_widget: channel.use_in_widget,
})

export const sentCommon = (value: Common) => ({
  name: value.name,
  scenario_id: value.scenario_id || null,
  pinned_employee_id: value.pinned_employee_id || null,
  auto_close_minutes: wholeOrNull(value.auto_close_minutes),
  use_in_widget: value.use_in_widget,
})

/** The settings of a channel: what all have, and what its kind asks for. */
export function Basics({
  channel,
  kind,
  employees,
  scenarios,
  others,
  onSaved,
}: {
  channel: ChannelDetails
  kind: ChannelKind
  employees: Employee[]
  scenarios: Named[]
  others: readonly Channel[]
  onSaved: (channel: ChannelDetails) => void
}) {
  const { fields } = kind.form
  const formOf = (held: ChannelDetails) => ({ ...commonOf(held), settings: firstAnswers(fields, held) })
  const form = useForm({
    first: formOf(channel),
    also: fields.map((field) => field.key),
    save: async (value) => {
      // Settings that did not change are not sent: they would connect the channel anew.
      const settingsChanged = JSON.stringify(value.settings) !== JSON.stringify(firstAnswers(fields, channel))
      const body = {
        ...sentCommon(value),
        ...(settingsChanged ? { settings: sentAnswers(fields, value.settings) } : {}),
      }
      const params = { path: { channel_id: channel.channel_id } }
      const saved = await ask(api.PATCH('/api/v1/channels/{channel_id}', { params, body }))
      onSaved(saved)
      return formOf(saved)
    },
  })
  const { value, set, told } = form
  const isWidget = channel.kind === 'widget'
  return (
    <div className={isWidget ? 'grid grid-cols-[minmax(0,1fr)] items-start gap-4 min-[1360px]:grid-cols-[minmax(0,1fr)_490px]' : ''}>
      <PageForm form={form} title={s().channels.main}>
        <CommonFields value={value} set={set} told={told} kind={kind} employees={employees} scenarios={scenarios} />
        <h3 className="border-t border-line pt-4 font-semibold">{s().channels.ofKind(words(kind.title))}</h3>
        <SettingsForm
          kind={kind}
          answers={value.settings}
          errors={form.errors}
          secrets={channel.secrets}
          channel={channel.channel_id}
          onChange={(settings, key) => {
            form.forget(key, `settings.${key}`)
            set({ settings })
          }}
        />
      </PageForm>
      {isWidget && <WidgetPreview settings={sentAnswers(fields, value.settings)} others={others} />}
    </div>
  )
}
