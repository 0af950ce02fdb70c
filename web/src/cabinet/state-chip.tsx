import type { ChannelState } from '../kit/api/types'
import { t } from '../kit/i18n'
import { s } from '../kit/i18n/cabinet-settings'
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

/** `asked`: the service waits for a person's consent, which they have not given yet. */
export function StateChip({ state, asked }: { state: ChannelState; asked?: boolean }) {
  return asked ? <Chip tone="warn">{s().channels.needsAccess}</Chip> : <Chip tone={tones[state]}>{t.channelStates[state]}</Chip>
}
