import { api, ask } from '../../kit/api/client'
import type { components } from '../../kit/api/schema'
import { type AmoSettings, filled, firstSettings, type Names } from './settings'
import { readBody } from '../parts/body'
import type { IntegrationView, RunState } from './views'

/** Calls of the CRM part of the API. */
type Schemas = components['schemas']

const items = async <T>(page: Promise<{ items: T[] }>): Promise<T[]> => (await page).items

export const readCrmKinds = () => items(ask(api.GET('/api/v1/crm/kinds')))
export const readPortals = () => items(ask(api.GET('/api/v1/crm/portals')))
export const readFaults = () => items(ask(api.GET('/api/v1/crm/faults')))
export const readParams = () => items(ask(api.GET('/api/v1/crm/parameters')))

type Kind = Schemas['CrmKind']
const ofPortal = (portal_id: string) => ({ params: { path: { portal_id } } })

/**
 * The address to which the browser goes for consent; `portal_id`: one that is connected again; `app`: by
 * which app, absent: by the one that the portal had.
 */
export const consent = ({ kind, portal_id, app }: { kind: Kind; portal_id?: string | undefined; app?: Schemas['AppBody'] }) =>
  ask(api.POST('/api/v1/crm/portals/consent', { body: { kind, ...(portal_id ? { portal_id } : {}), ...(app ? { app } : {}) } }))

export const connectByToken = (kind: Kind, address: string, token: string) =>
  ask(api.POST('/api/v1/crm/portals', { body: { kind, address, token } }))
export const readPortal = (id: string) => ask(api.GET('/api/v1/crm/portals/{portal_id}', ofPortal(id)))
export const checkPortal = (id: string) => ask(api.POST('/api/v1/crm/portals/{portal_id}/check', ofPortal(id)))
export const disconnect = (id: string) => ask(api.POST('/api/v1/crm/portals/{portal_id}/disconnect', ofPortal(id)))
export const deletePortal = (id: string) => ask(api.DELETE('/api/v1/crm/portals/{portal_id}', ofPortal(id)))
export const readDirectory = (id: string) => ask(api.GET('/api/v1/crm/portals/{portal_id}/directory', ofPortal(id)))
export const refreshDirectory = (id: string) => ask(api.POST('/api/v1/crm/portals/{portal_id}/directory', ofPortal(id)))

export const readQuarantine = (portal_id: string, cursor: string | undefined) =>
  ask(
    api.GET('/api/v1/crm/portals/{portal_id}/quarantine', {
      params: { path: { portal_id }, query: { limit: 10, ...(cursor ? { cursor } : {}) } },
    }),
  )
export const readQuarantined = (portal: string, id: string) => readBody(`/api/v1/crm/portals/${portal}/quarantine/${id}/body`)
export const settleQuarantined = (portal_id: string, quarantine_id: string) =>
  ask(
    api.POST('/api/v1/crm/portals/{portal_id}/quarantine/{quarantine_id}/resolve', {
      params: { path: { portal_id, quarantine_id } },
    }),
  )

export const connectChats = (id: string, body: Schemas['ChatsBody']) =>
  ask(api.PUT('/api/v1/crm/portals/{portal_id}/chats', { ...ofPortal(id), body }))
export const disconnectChats = (id: string) => ask(api.DELETE('/api/v1/crm/portals/{portal_id}/chats', ofPortal(id)))

const ofIntegration = (integration_id: string) => ({ params: { path: { integration_id } } })

/** The description leaves the document of settings open where it is sent: it differs by CRM. */
const open = (settings: AmoSettings) => settings as unknown as Record<string, never>
const whole = (one: Schemas['IntegrationView']): IntegrationView => ({
  ...one,
  settings: filled(one.settings as Partial<AmoSettings>),
})

export const readIntegrations = async () =>
  (await items(ask(api.GET('/api/v1/crm/integrations')))).filter((one) => one.settings.crm === 'amo').map(whole)
export const readIntegration = async (id: string) =>
  whole(await ask(api.GET('/api/v1/crm/integrations/{integration_id}', ofIntegration(id))))
export const addIntegration = async (portal_id: string, name: string) =>
  whole(
    await ask(
      api.POST('/api/v1/crm/integrations', { body: { portal_id, name, enabled: false, settings: open(firstSettings) } }),
    ),
  )
export const deleteIntegration = (id: string) =>
  ask(api.DELETE('/api/v1/crm/integrations/{integration_id}', ofIntegration(id)))

/** Another portal for its rules; what takes its place there may have another id. */
export const moveIntegration = async (id: string, revision: number, portal_id: string) =>
  whole(
    await ask(
      api.POST('/api/v1/crm/integrations/{integration_id}/move', { ...ofIntegration(id), body: { revision, portal_id } }),
    ),
  )

/** What is edited; the portal was chosen when it was made, because the rules name its funnels and people. */
export interface IntegrationDraft {
  name: string
  enabled: boolean
  settings: AmoSettings
}
export const saveIntegration = async (id: string, { name, enabled, settings }: IntegrationDraft, revision: number) =>
  whole(
    await ask(
      api.PUT('/api/v1/crm/integrations/{integration_id}', {
        ...ofIntegration(id),
        body: { revision, name, enabled, settings: open(settings) },
      }),
    ),
  )

export const previewNames = (id: string, names: Names) =>
  ask(api.POST('/api/v1/crm/integrations/{integration_id}/preview', { ...ofIntegration(id), body: { names } }))

/** An enquiry as somebody imagines it. */
export type Sample = Schemas['SampleBody']
export const tryIntegration = (id: string, what: { conversation_id: string } | { sample: Sample }, settings: AmoSettings) =>
  ask(
    api.POST('/api/v1/crm/integrations/{integration_id}/try', {
      ...ofIntegration(id),
      body: { ...what, settings: settings as unknown as Schemas['Settings'] },
    }),
  )

export interface LogQuery {
  portal_id?: string
  integration_id?: string
  conversation_id?: string
  state?: RunState | ''
}
export const readLog = ({ state, ...query }: LogQuery, cursor: string | undefined) =>
  ask(
    api.GET('/api/v1/crm/runs', {
      params: { query: { ...query, limit: 30, ...(state ? { state } : {}), ...(cursor ? { cursor } : {}) } },
    }),
  )

const ofRun = (run_id: string) => ({ params: { path: { run_id } } })
export const readRun = (id: string) => ask(api.GET('/api/v1/crm/runs/{run_id}', ofRun(id)))
export const replayRun = (id: string) => ask(api.POST('/api/v1/crm/runs/{run_id}/replay', ofRun(id)))
export const replayFailed = (portal_id: string) => ask(api.POST('/api/v1/crm/replay', { body: { portal_id } }))

/** The conversation of a public number; `null`: there is none that this person may see. */
export async function conversationNumbered(number: string): Promise<{ conversation_id: string; number: number } | null> {
  const digits = number.replace(/\D/g, '')
  if (!digits) return null
  const found = await ask(api.GET('/api/v1/search', { params: { query: { q: `#${digits}`, limit: 1 } } }))
  return found.conversation ?? null
}
