/** What the generated description does not have yet; each goes from here when it does. */
import type { Words } from './types'

export interface Capabilities {
  text_unit: 'characters' | 'utf16' | 'bytes' | 'sms_parts'
  /** Seconds after sending in which our message can be changed, or taken back. */
  edit_within?: number | null
  remove_within?: number | null
  /** Emoji that we can put on messages. */
  reactions?: string[]
}

/** What a customer of a classifieds service writes about. */
export interface Listing {
  external_id: string
  title?: string
  price?: string | null
  url?: string | null
  image?: string | null
}

export interface ChannelDetails {
  /** The browser must go to the service's page of consent before the channel works. */
  consent?: boolean
  /** What a person copies into the service's own settings. */
  hand_over?: { label: Words; value: string; help?: Words | null }[]
}

export interface Conversation {
  attribution: { listing?: Listing | null }
}

export interface ChannelKind {
  /** Where a person pastes our webhook's address, at services that are not told it by us. */
  paste_hook?: Words | null
}

/** A change of ours that the customer does not see yet, or that the service would not do. */
export interface MessageChange {
  what: 'edit' | 'remove'
  text?: string | null
  state: 'pending' | 'refused'
  reason?: Words | null
  by: string
  at: string
}

export interface MessageReaction {
  side: 'customer' | 'our_side'
  emoji: string
  employee_id?: string | null
  state?: 'adding' | 'removing' | 'refused' | null
  reason?: Words | null
}

export interface Message {
  change?: MessageChange | null
  reactions?: MessageReaction[]
}

export type SystemLine = { happened: 'listing'; listing: Listing }
