import type { components } from '../../kit/api/schema'
import type { Gate } from './filter'

/**
 * What a company sets for amoCRM, as the server stores it (`domain::crm::AmoSettings`). Absent parts
 * have the default of their rule; `filled` writes them out, so that the form has a value everywhere.
 */
export interface AmoSettings {
  crm: 'amo'
  version: number
  channels: ChannelRule[]
  method: Method
  tasks: TaskRule | null
  filter: Gate | null
  tags: { fixed: boolean; own: string[] }
  fields: { contact: FieldPair[]; deal: FieldPair[]; lead: FieldPair[] }
  names: Names
  funnel: Funnel
  responsible: Responsibles
  transfer_responsible: boolean
  directory_daily: boolean
  transcript: 'off' | 'online' | 'at_end'
  files: boolean
  deal_choice: 'newest' | 'oldest' | 'last_changed'
  skip_phones: string[]
  chats: ChatSettings | null
}

export interface ChannelRule {
  channel: string
  create_contact: boolean
  create_deal: boolean
  find_existing: boolean
  update_contact: boolean
}

export type Method = { method: 'contact_and_deal' } | { method: 'unsorted'; pipeline?: string | null }

export interface TaskRule {
  due_minutes: number
  owner: 'contact_card' | 'integration'
  kind?: string | null
}

export interface FieldPair {
  field: string
  from: string
}

export interface Names {
  contact: string | null
  deal: string | null
  lead: string | null
  task: string | null
}

export interface StageRef {
  pipeline: string
  stage: string
}

export interface FunnelTarget {
  deal: StageRef | null
  lead: string | null
}

export interface Funnel {
  default: FunnelTarget | null
  rules: { gate: Gate; to: FunnelTarget }[]
}

export interface Responsibles {
  default: string | null
  rules: { gate: Gate; user: string }[]
  people: { employee: string; user: string }[]
}

export interface ChatUser {
  user: string
  channels: string[]
  signature: string
  sections: string[]
}

export interface ChatSettings {
  check_numbers: boolean
  hide_errors: boolean
  default_channel: string | null
  import_outgoing: boolean
  named_channels: string[]
  replace_8: boolean
  users: ChatUser[]
  listed_only: boolean
}

export type Words = components['schemas']['Words']

/** CRM-1: what is recommended for a channel, with the deal that AMO-3 makes. */
export const recommended = (channel: string): ChannelRule => ({
  channel,
  create_contact: true,
  create_deal: true,
  find_existing: true,
  update_contact: false,
})

export const noChats: ChatSettings = {
  check_numbers: false,
  hide_errors: false,
  default_channel: null,
  import_outgoing: false,
  named_channels: [],
  replace_8: false,
  users: [],
  listed_only: false,
}

export const firstSettings: AmoSettings = {
  crm: 'amo',
  version: 1,
  channels: [],
  method: { method: 'contact_and_deal' },
  tasks: null,
  filter: null,
  tags: { fixed: false, own: [] },
  fields: { contact: [], deal: [], lead: [] },
  names: { contact: null, deal: null, lead: null, task: null },
  funnel: { default: null, rules: [] },
  responsible: { default: null, rules: [], people: [] },
  transfer_responsible: true,
  directory_daily: true,
  transcript: 'at_end',
  files: false,
  deal_choice: 'newest',
  skip_phones: [],
  chats: null,
}

/** The whole document of what the server told, which may leave out what stands at its default. */
export function filled(told: Partial<AmoSettings>): AmoSettings {
  return {
    ...firstSettings,
    ...told,
    tags: { ...firstSettings.tags, ...told.tags },
    fields: { ...firstSettings.fields, ...told.fields },
    names: { ...firstSettings.names, ...told.names },
    funnel: { ...firstSettings.funnel, ...told.funnel },
    responsible: { ...firstSettings.responsible, ...told.responsible },
    chats: told.chats ? { ...noChats, ...told.chats } : null,
  }
}

/** AMO-4: names, funnels by conditions and channels' own deals have no meaning for «Неразобранное». */
export const isUnsorted = (settings: AmoSettings) => settings.method.method === 'unsorted'
