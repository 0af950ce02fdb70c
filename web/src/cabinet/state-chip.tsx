import type { ChannelState } from '../kit/api/types'
import { t } from '../kit/i18n'
import { Chip } from './parts/bits'

const tones: Record<ChannelState, 'plain' | 'good' | 'warn' | 'bad'> = {
  connecting: 'warn',
  connected: 'good',
  interrupted: 'warn',
  bad_credentials: 'bad',
  logged_out: 'bad',
  failed: 'bad',
  disabled: 'plain',
}

export function StateChip({ state }: { state: ChannelState }) {
  return <Chip tone={tones[state]}>{t.channelStates[state]}</Chip>
}
