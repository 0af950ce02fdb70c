import { api, ask } from '../../kit/api/client'
import { call } from '../parts/call'
import type { Paged } from '../parts/pages'
import { type AmoSettings, filled, firstSettings, type Names } from './settings'
import type {
  CrmKindView,
  Directory,
  FaultView,
  IntegrationView,
  ParamView,
  PortalView,
  Preview,
  RunState,
  RunView,
  Tried,
} from './views'

/** Calls of the CRM part of the API. A list may come bare or as a page. */
const list = async <T>(path: string): Promise<T[]> => {
  const told = await call<T[] | { items: T[] }>('GET', path)
  return Array.isArray(told) ? told : told.items
}

export const readCrmKinds = () => list<CrmKindView>('/crm/kinds')
export const readPortals = () => list<PortalView>('/crm/portals')
export const readFaults = () => list<FaultView>('/crm/faults')
export const readParams = () => list<ParamView>('/crm/parameters')

/** The address to which the browser goes for consent; `portal_id`: one that is connected again. */
export const consent = (kind: string, portal_id?: string) =>
  call<{ url: string }>('POST', '/crm/portals/consent', { kind, ...(portal_id ? { portal_id } : {}) })

export const connectByToken = (kind: string, address: string, token: string) =>
  call<PortalView>('POST', '/crm/portals', { kind, address, token })
export const checkPortal = (id: string) => call<PortalView>('POST', `/crm/portals/${id}/check`)
export const disconnect = (id: string) => call<void>('DELETE', `/crm/portals/${id}`)
export const readDirectory = (portal: string) => call<Directory>('GET', `/crm/portals/${portal}/directory`)
export const refreshDirectory = (portal: string) => call<Directory>('POST', `/crm/portals/${portal}/directory`)

export interface ChatsKeys {
  channel_id: string
  secret: string
  bot_id: string
}
export const connectChats = (portal: string, keys: ChatsKeys) =>
  call<PortalView>('PUT', `/crm/portals/${portal}/chats`, keys)
export const disconnectChats = (portal: string) => call<PortalView>('DELETE', `/crm/portals/${portal}/chats`)

const whole = (one: IntegrationView): IntegrationView => ({
  ...one,
  warnings: one.warnings ?? [],
  settings: filled(one.settings),
})

export const readIntegrations = async () => (await list<IntegrationView>('/crm/integrations')).map(whole)
export const readIntegration = async (id: string) => whole(await call('GET', `/crm/integrations/${id}`))
export const addIntegration = async (portal_id: string, name: string) =>
  whole(await call('POST', '/crm/integrations', { portal_id, name, enabled: false, settings: firstSettings }))
export const deleteIntegration = (id: string) => call<void>('DELETE', `/crm/integrations/${id}`)

/** What is edited; the portal was chosen when it was made, because the rules name its funnels and people. */
export interface IntegrationDraft {
  name: string
  enabled: boolean
  settings: AmoSettings
}
export const saveIntegration = async (id: string, draft: IntegrationDraft, revision: number) =>
  whole(await call('PUT', `/crm/integrations/${id}`, { ...draft, revision }))

export const previewNames = (id: string, names: Partial<Names>) =>
  call<Preview>('POST', `/crm/integrations/${id}/preview`, { names })

/** An enquiry as somebody imagines it. */
export interface Sample {
  channel_id: string
  order: 'first' | 'repeat'
  kind: 'chat' | 'request'
  name: string
  phone: string
  email: string
  text: string
  attribution: { site?: string; campaign?: string; source?: string; utm: Record<string, string> }
}
export const tryIntegration = (
  id: string,
  what: { conversation_id: string } | { sample: Sample },
  settings: AmoSettings,
) => call<Tried>('POST', `/crm/integrations/${id}/try`, { ...what, settings })

export interface LogQuery {
  portal_id?: string
  integration_id?: string
  conversation_id?: string
  state?: RunState | ''
}
export const readLog = (query: LogQuery, cursor: string | undefined) => {
  const told = Object.entries({ ...query, cursor, limit: '30' }).filter(([, value]) => value)
  return call<Paged<RunView>>('GET', `/crm/runs?${new URLSearchParams(told as [string, string][])}`)
}
export const readRun = (id: string) => call<RunView>('GET', `/crm/runs/${id}`)
export const replayRun = (id: string) => call<void>('POST', `/crm/runs/${id}/replay`)
export const replayFailed = (portal_id: string) => call<{ count: number }>('POST', '/crm/replay', { portal_id })

/** The conversation of a public number; `null`: there is none that this person may see. */
export async function conversationNumbered(number: string): Promise<{ conversation_id: string; number: number } | null> {
  const digits = number.replace(/\D/g, '')
  if (!digits) return null
  const found = await ask(api.GET('/api/v1/search', { params: { query: { q: `#${digits}`, limit: 1 } } }))
  return found.conversation ?? null
}
