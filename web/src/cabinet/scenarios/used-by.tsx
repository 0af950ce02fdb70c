import { useState } from 'react'
import { api, ask } from '../../kit/api/client'
import type { Me } from '../../kit/api/types'
import { scenarioTexts } from '../../kit/i18n/flow/scenario'
import { has } from '../../kit/session'
import { ChannelBadge, signOf } from '../../kit/ui/channel-badge'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { useLoaded } from '../load'

/** Which channels follow this scenario: a tick takes effect at once. */
export function UsedBy({ me, scenario, names }: { me: Me; scenario: string | null; names: Map<string, string> }) {
  const f = scenarioTexts()
  const [busy, setBusy] = useState('')
  const may = has(me, 'manage_channels')
  const { data, setData, again } = useLoaded(async () =>
    may ? (await ask(api.GET('/api/v1/channel-details'))).items : [],
  )
  if (!may) return <p className="text-ink2">{f.channelsNotYours}</p>
  if (scenario === null) return <p className="text-ink2">{f.channelsLater}</p>
  if (!data) return <div className="h-16" aria-busy="true" />
  if (data.length === 0) return <p className="text-ink2">{f.channelsNone}</p>
  const turn = (channel_id: string, name: string, on: boolean) => {
    setBusy(channel_id)
    const scenario_id = on ? scenario : null
    // The tick stands at once; a refusal takes it back.
    setData(data.map((one) => (one.channel_id === channel_id ? { ...one, scenario_id } : one)))
    const params = { path: { channel_id } }
    ask(api.PATCH('/api/v1/channels/{channel_id}', { params, body: { scenario_id } }))
      .then(() => toast(on ? f.channelSet(name) : f.channelUnset(name)), tellRefusal)
      .finally(() => {
        setBusy('')
        again()
      })
  }
  return (
    <div>
      <p className="mb-3 text-second text-ink2">{f.channelsHelp}</p>
      <ul className="divide-y divide-line rounded-control border border-line">
        {data.map((channel) => {
          const mine = channel.scenario_id === scenario
          const other = channel.scenario_id && !mine ? names.get(channel.scenario_id) : undefined
          const told = channel.pinned_employee_id ? f.channelPinned : other ? f.channelTaken(other) : ''
          return (
            <li key={channel.channel_id}>
              <label className="flex items-center gap-3 px-3 py-2 hover:bg-hover">
                <input
                  type="checkbox"
                  checked={mine}
                  disabled={busy === channel.channel_id}
                  onChange={(event) => turn(channel.channel_id, channel.name, event.target.checked)}
                  className="size-4 accent-accent"
                />
                <ChannelBadge kind={signOf(channel)} size="size-6" />
                <span className="min-w-0">
                  <span className="block truncate">{channel.name}</span>
                  {told && <span className="block text-caption text-ink3">{told}</span>}
                </span>
              </label>
            </li>
          )
        })}
      </ul>
    </div>
  )
}
