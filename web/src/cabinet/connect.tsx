import { t, words } from '../kit/i18n'
import { api, ask } from '../kit/api/client'
import type { Channel, ChannelKind, Employee } from '../kit/api/types'
import { s } from '../kit/i18n/cabinet-settings'
import { Link } from '../kit/link'
import { go } from '../kit/route'
import { Button, buttonClass } from '../kit/ui/button'
import { ChannelBadge } from '../kit/ui/channel-badge'
import { Catalogue } from './channels'
import { firstAnswers, sentAnswers } from './channel/answers'
import { sentCommon } from './channel/basics'
import { CommonFields, type Named } from './channel/common-fields'
import { WidgetPreview } from './channel/widget-preview'
import { readKinds, readScenarios } from './kinds'
import { Faulty, PageHead, useLoaded } from './load'
import { Back, card } from './parts/bits'
import { readEmployees } from './parts/directory'
import { Fault, useForm } from './parts/form'
import { SettingsForm } from './settings-form'

export function Connect({ kind }: { kind: string }) {
  const { data, fault, again } = useLoaded(async () => {
    const [kinds, employees, scenarios, channels] = await Promise.all([
      readKinds(),
      readEmployees(),
      readScenarios(),
      ask(api.GET('/api/v1/channel-details')),
    ])
    return { kinds, employees, scenarios, others: channels.items.filter((one) => one.use_in_widget) }
  })
  if (fault && !data) return <Faulty fault={fault} again={again} />
  if (!data) return null
  const chosen = data.kinds.find((one) => one.kind === kind)
  return (
    <>
      <Back href="/cabinet/channels">{t.cabinet.channels}</Back>
      {chosen ? (
        <NewChannel key={kind} {...data} kind={chosen} />
      ) : (
        <>
          <PageHead title={t.cabinet.catalogue} />
          <Catalogue kinds={data.kinds} />
        </>
      )}
    </>
  )
}

function NewChannel({
  kind,
  employees,
  scenarios,
  others,
}: {
  kind: ChannelKind
  employees: Employee[]
  scenarios: Named[]
  others: readonly Channel[]
}) {
  const { fields, intro } = kind.form
  const form = useForm({
    first: {
      name: words(kind.title),
      scenario_id: '',
      pinned_employee_id: '',
      auto_close_minutes: '',
      use_in_widget: false,
      settings: firstAnswers(fields),
    },
    also: fields.map((field) => field.key),
    save: async (value) => {
      const body = { kind: kind.kind, ...sentCommon(value), settings: sentAnswers(fields, value.settings) }
      const made = await ask(api.POST('/api/v1/channels', { body }))
      go(`/cabinet/channels/${made.channel_id}`, 'replace')
      return value
    },
    silent: true,
  })
  const { value, set, told } = form
  const isWidget = kind.kind === 'widget'
  return (
    <>
      <div className="mb-5 flex items-center gap-3">
        <ChannelBadge kind={kind.kind} size="size-10" />
        <h1 className="text-page font-semibold">{words(kind.title)}</h1>
      </div>
      <div className={isWidget ? 'grid grid-cols-[minmax(0,1fr)] items-start gap-4 min-[1360px]:grid-cols-[minmax(0,1fr)_490px]' : ''}>
        <form
          ref={form.ref}
          noValidate
          onSubmit={form.submit}
          className={`${card} max-w-[640px] space-y-4 p-6 max-[759px]:p-4`}
        >
          <p className="whitespace-pre-line text-ink2">{words(intro)}</p>
          <SettingsForm
            kind={kind}
            answers={value.settings}
            errors={form.errors}
            secrets={[]}
            onChange={(settings, key) => {
            form.forget(key, `settings.${key}`)
            set({ settings })
          }}
          />
          <h2 className="border-t border-line pt-4 font-semibold">{s().channels.common}</h2>
          <CommonFields value={value} set={set} told={told} kind={kind} employees={employees} scenarios={scenarios} />
          <Fault text={form.fault} />
          <div className="flex gap-2 pt-2">
            <Button type="submit" look="main" tall="yes" disabled={form.busy}>
              {t.cabinet.connect}
            </Button>
            <Link href="/cabinet/channels" className={buttonClass('outline', 'yes')}>
              {t.cancel}
            </Link>
          </div>
        </form>
        {isWidget && <WidgetPreview settings={sentAnswers(fields, value.settings)} others={others} />}
      </div>
    </>
  )
}
