import { lazy, Suspense } from 'react'
import { api, ask } from '../kit/api/client'
import type { Channel, ChannelDetails, ChannelKind, Employee } from '../kit/api/types'
import { t, words } from '../kit/i18n'
import { flow } from '../kit/i18n/cabinet-flow'
import { s } from '../kit/i18n/cabinet-settings'
import { moment } from '../kit/i18n/format'
import { ChannelBadge, signOf } from '../kit/ui/channel-badge'
import { tellRefusal } from '../kit/ui/toast'
import { Basics } from './channel/basics'
import { ConsentCame } from './channel/came-back'
import type { Named } from './channel/common-fields'
import { consentAsked } from './channel/consent'
import { Danger } from './channel/danger'
import { HandOver } from './channel/hand-over'
import { LogPage } from './channel/log-page'
import { Progress } from './channel/progress'
import { Snippet } from './channel/snippet'
import { useFeed } from './feed'
import { FirstMessage } from './first-message'
import { readKinds, readScenarios } from './kinds'
import { Faulty, useLoaded } from './load'
import { Back, Tabs } from './parts/bits'
import { readEmployees } from './parts/directory'
import { StateChip } from './state-chip'

const ChannelCrm = lazy(() => import('./crm/channel-tab').then((m) => ({ default: m.ChannelCrm })))

interface Loaded {
  channel: ChannelDetails
  kind: ChannelKind
  employees: Employee[]
  scenarios: Named[]
  others: Channel[]
}

export function ChannelPage({ id, tab }: { id: string; tab: string }) {
  const params = { path: { channel_id: id } }
  const { data, setData, fault, again } = useLoaded(async (): Promise<Loaded | null> => {
    const [kinds, channel, employees, scenarios, all] = await Promise.all([
      readKinds(),
      ask(api.GET('/api/v1/channels/{channel_id}', { params })),
      readEmployees(),
      readScenarios(),
      ask(api.GET('/api/v1/channel-details')),
    ])
    const kind = kinds.find((one) => one.kind === channel.kind)
    const others = all.items.filter((one) => one.use_in_widget && one.channel_id !== id)
    return kind ? { channel, kind, employees, scenarios, others } : null
  })
  // Read anew: an event that came while the page was being read would be lost otherwise.
  useFeed((frame) => {
    const ours = frame.kind === 'channel.changed' && frame.data.channel.channel_id === id
    if (ours || frame.kind === 'resync') again()
  })
  if (fault && !data) return <Faulty fault={fault} again={again} />
  if (!data) return null
  const { channel, kind } = data
  const put = (next: ChannelDetails) => setData({ ...data, channel: next })
  const reconnect = () =>
    void ask(api.POST('/api/v1/channels/{channel_id}/reconnect', { params })).then(put, tellRefusal)
  const here = `/cabinet/channels/${id}`
  const texts = s().channels
  return (
    <>
      <Back href="/cabinet/channels">{t.cabinet.channels}</Back>
      <header className="mb-4 flex flex-wrap items-center gap-3">
        <ChannelBadge kind={signOf(channel)} size="size-10" />
        <div className="min-w-0 flex-1">
          <h1 className="truncate text-page font-semibold">{channel.name}</h1>
          <p className="num text-second text-ink3">
            {words(kind.title)}
            {channel.title && channel.title !== channel.name && ` · ${channel.title}`}
            {` · ${t.cabinet.stateSince(moment(channel.state_at))}`}
          </p>
        </div>
        <span aria-live="polite">
          <StateChip state={channel.state} asked={consentAsked(channel) === 'first'} />
        </span>
      </header>
      <ConsentCame />
      <Tabs
        label={texts.sections}
        current={tab ? `${here}/${tab}` : here}
        items={[
          [here, texts.main],
          [`${here}/crm`, flow().crm],
          [`${here}/log`, texts.log],
          [`${here}/danger`, texts.danger],
        ]}
      />
      {tab === 'crm' && (
        <Suspense fallback={null}>
          <ChannelCrm channel={id} />
        </Suspense>
      )}
      {tab === 'log' && <LogPage channel={channel} />}
      {tab === 'danger' && <Danger channel={channel} onChanged={put} />}
      {tab !== 'crm' && tab !== 'log' && tab !== 'danger' && (
        <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
          <Progress channel={channel} reconnect={reconnect} />
          <HandOver channel={channel} />
          {channel.state === 'connected' && <FirstMessage channel={channel} />}
          {channel.kind === 'widget' && <Snippet channel={channel} />}
          <Basics
            channel={channel}
            kind={kind}
            employees={data.employees}
            scenarios={data.scenarios}
            others={data.others}
            onSaved={put}
          />
        </div>
      )}
    </>
  )
}
