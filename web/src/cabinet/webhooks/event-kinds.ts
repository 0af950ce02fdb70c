import { s } from '../../kit/i18n/cabinet-settings'

/** Events that a receiver may get, in the order of how often they are wanted. */
export const EVENT_KINDS = [
  'message.created',
  'message.changed',
  'conversation.created',
  'conversation.changed',
  'conversation.read',
  'contact.changed',
  'channel.changed',
  'employee.changed',
  'quarantine.added',
  'routing.alarm',
] as const

/** An event in words; a kind that is newer than these pages is told by its name. */
export const eventName = (kind: string): string => {
  const names: Partial<Record<string, string>> = s().webhooks.kinds
  return names[kind] ?? kind
}
