import type { Capabilities, Channel, Contact } from '../../kit/api/types'

/** A way to begin another conversation with the same customer. */
export interface Way {
  channel: Channel
  to: string
}

/** Through which channels a customer may be written to first, and at what address. A mailbox takes
 * an address, a messenger a phone or else the nickname that it knows. */
export function otherWays(
  contact: Contact,
  channels: Iterable<Channel>,
  kinds: ReadonlyMap<string, Capabilities>,
  current: string,
): Way[] {
  const ways: Way[] = []
  for (const channel of channels) {
    if (channel.channel_id === current || channel.state === 'disabled') continue
    if (!kinds.get(channel.kind)?.write_first) continue
    const identity = contact.identities.find((one) => one.channel_id === channel.channel_id)
    const nick = identity?.username ? `@${identity.username.replace(/^@/, '')}` : undefined
    const to = channel.kind === 'email' ? contact.emails[0] : (contact.phones[0] ?? nick)
    if (to) ways.push({ channel, to })
  }
  return ways
}
