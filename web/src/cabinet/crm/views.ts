import type { AmoSettings, StageRef, Words } from './settings'

/** What the server tells of CRMs; by hand until its description of these addresses is whole. */
export interface CrmKindView {
  kind: string
  title: Words
  hosts: string[]
  /** Absent: this server has no public address. */
  redirect_uri?: string | null
  /** The server has the keys of an application. */
  can_oauth: boolean
  has_chats: boolean
  hook_off_url?: string | null
}

export type PortalState = 'connecting' | 'connected' | 'interrupted' | 'stopped' | 'disconnected'

export interface PortalView {
  portal_id: string
  kind: string
  mode: 'full' | 'lite'
  title: string
  address: string
  state: PortalState
  reason?: Words | null
  remedy?: Words | null
  state_at: string
  user_name?: string | null
  /** Jobs that wait for it. */
  waiting: number
  /** Decisions that failed and were not made anew. */
  failed: number
  /** The paid filters of lists work there. */
  filters?: boolean
  unsorted_on?: boolean | null
  chats?: { connected: boolean; channel_id?: string | null; bot_id?: string | null } | null
  directory_at?: string | null
  integrations: { integration_id: string; name: string }[]
}

export interface IntegrationView {
  integration_id: string
  portal_id: string
  name: string
  enabled: boolean
  settings: AmoSettings
  revision: number
  warnings: Warning[]
}

/** What does not stop saving. */
export interface Warning {
  path: string
  code: string
  words: Words
}

export interface Directory {
  users: CrmUser[]
  pipelines: Pipeline[]
  fields: CrmField[]
  task_types: { id: string; name: string }[]
  fetched_at?: string | null
}

export interface CrmUser {
  id: string
  name: string
  email: string
  active: boolean
  admin: boolean
  chat_id?: string | null
}

export interface Pipeline {
  id: string
  name: string
  sort: number
  main: boolean
  archived: boolean
  stages: Stage[]
}

export interface Stage {
  id: string
  name: string
  sort: number
  color: string
  kind: 'unsorted' | 'open' | 'won' | 'lost'
}

export type FieldKind =
  | 'text'
  | 'textarea'
  | 'numeric'
  | 'monetary'
  | 'checkbox'
  | 'select'
  | 'multiselect'
  | 'radio'
  | 'date'
  | 'date_time'
  | 'birthday'
  | 'url'
  | 'multitext'
  | 'address'
  | 'tracking'
  | 'other'

export interface CrmField {
  id: string
  of: string
  name: string
  code?: string | null
  kind: FieldKind
  choices?: { id: string; value: string }[]
  read_only: boolean
}

export interface ParamView {
  param: string
  title: Words
  example: string
}

export interface Because {
  rule: string
  code: string
  words: Words
  facts?: { name: Words; value: string }[]
  mend?: string | null
}

export interface Call {
  method: string
  path: string
  status?: number | null
  took_ms?: number | null
  at?: string | null
  request?: unknown
  answer?: unknown
  /** Why no answer came. */
  error?: string | null
}

export type StepState = 'waiting' | 'sending' | 'uncertain' | 'done' | 'skipped' | 'failed'
export type RunState = 'planned' | 'working' | 'done' | 'nothing' | 'failed' | 'waiting' | 'replanned'

export interface StepView {
  action: unknown
  words: Words
  because: Because
  state: StepState
  effect?: Effect | null
  error?: Words | null
  calls?: Call[]
}

/** What came of a step. */
export interface Effect {
  id?: string | null
  /** Its card in the CRM. */
  url?: string | null
  /** The CRM put it into an existing one. */
  merged: boolean
  /** What the CRM did not take. */
  dropped: Words[]
}

/** One line of the journal; what happened inside comes when it is opened. */
export interface RunView {
  run_id: string
  integration_id: string
  portal_id: string
  conversation_id: string
  number: number
  contact_name: string
  cause: Words
  state: RunState
  words: Words
  error?: Words | null
  created_at: string
  finished_at?: string | null
  steps?: StepView[]
  left_out?: Because[]
  facts?: unknown
  calls?: Call[]
}

/** What settings would do with an example; nothing was written. */
export interface Tried {
  words: Words
  would: { action: unknown; because: Because; words: Words }[]
  left_out: Because[]
  /** What the CRM was asked. */
  asked: Call[]
}

/** A fault that the product found by itself (CRM-6). */
export interface FaultView {
  code: string
  words: Words
  remedy: Words
  tab: string
  channel?: string | null
  integration_id: string
  /** Its name. */
  integration: string
}

export interface Preview {
  contact?: string | null
  deal?: string | null
  task?: string | null
}

export type { StageRef }
