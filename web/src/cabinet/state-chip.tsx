import type { Channel, ChannelState } from '../kit/api/types'
import { t, words } from '../kit/i18n'

const tones: Record<ChannelState, string> = {
  connecting: 'bg-amber-soft text-amber',
  connected: 'bg-green-soft text-green',
  interrupted: 'bg-amber-soft text-amber',
  bad_credentials: 'bg-red-soft text-red',
  logged_out: 'bg-red-soft text-red',
  failed: 'bg-red-soft text-red',
  disabled: 'bg-hover text-ink2',
}

export function StateChip({ state }: { state: ChannelState }) {
  return (
    <span className={`inline-flex h-6 items-center rounded-full px-2.5 text-caption font-medium ${tones[state]}`}>
      {t.channelStates[state]}
    </span>
  )
}

/** Why a channel does not work and what to do, in words. */
export function Reason({ channel }: { channel: Channel }) {
  if (!channel.reason && !channel.remedy) return null
  return (
    <div role="status" className="rounded-control bg-amber-soft px-3 py-2 text-second text-amber">
      {channel.reason && <p className="font-medium">{words(channel.reason)}</p>}
      {channel.remedy && <p>{words(channel.remedy)}</p>}
    </div>
  )
}
