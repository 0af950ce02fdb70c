import { api, ask } from '../../kit/api/client'
import type { ChannelDetails } from '../../kit/api/types'
import type { s } from '../../kit/i18n/cabinet-settings'

type Reason = keyof ReturnType<typeof s>['channels']['came']['errors']

/** How the browser came back from the service's page of consent. */
export type Came = { is: 'ok' } | { is: 'refused'; reason: Reason; code: string }

const REASONS: Record<string, Reason> = {
  denied: 'denied',
  state: 'state',
  code: 'code',
  other_account: 'other_account',
  unreachable: 'unreachable',
}

/** `?consent=ok`, or a code of why not. */
export function cameBack(search: string): Came | null {
  const code = new URLSearchParams(search).get('consent')
  if (!code) return null
  return code === 'ok' ? { is: 'ok' } : { is: 'refused', reason: REASONS[code] ?? 'other', code: code.slice(0, 60) }
}

/** What the button of consent is called now; `null`: nothing is asked for. */
export function consentAsked(channel: Pick<ChannelDetails, 'consent' | 'state' | 'external_id'>): 'first' | 'again' | null {
  const asks = channel.state === 'logged_out' || channel.state === 'bad_credentials' || channel.state === 'failed'
  if (!channel.consent || !asks) return null
  return channel.external_id ? 'again' : 'first'
}

/** The service's page, where the person allows us. */
export const askConsent = async (channel_id: string): Promise<string> =>
  (await ask(api.POST('/api/v1/channels/{channel_id}/consent', { params: { path: { channel_id } } }))).url
