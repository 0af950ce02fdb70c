import type { ChannelDetails, ChannelKind, Words } from '../../kit/api/types'

/** A value for the service's own settings. */
export interface Handed {
  label: Words
  value: string
  help?: Words | null
}

const HOOK: Words = { ru: 'Адрес для уведомлений (webhook)', en: 'Address for notifications (webhook)' }

/** What a person copies into the service's own settings: what the driver names, and the address of the
 * webhook where the service is not told it by us. */
export function handedOver(channel: ChannelDetails, kind: ChannelKind, origin = location.origin): Handed[] {
  const named = channel.hand_over
  if (!kind.paste_hook) return [...named]
  const value = `${origin}/hooks/${channel.kind}/${channel.hook_key}`
  if (named.some((one) => one.value === value)) return [...named]
  return [{ label: HOOK, value, help: kind.paste_hook }, ...named]
}
