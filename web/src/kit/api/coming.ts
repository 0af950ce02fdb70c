/** What the generated description does not have yet; each goes from here when it does. */
import type { Words } from './types'

export interface ChannelDetails {
  /** What a person copies into the service's own settings. */
  hand_over?: { label: Words; value: string; help?: Words | null }[]
}
