import type { components } from '../../kit/api/schema'
import type { AmoSettings, StageRef } from './settings'

type Schemas = components['schemas']

/** What the server tells of CRMs, as these screens call it. */
export type CrmKindView = Schemas['CrmKindView']
export type PortalState = Schemas['PortalState']
export type PortalView = Schemas['PortalView']
export type CrmUser = Schemas['CrmUser']
export type Pipeline = Schemas['Pipeline']
export type Stage = Schemas['Stage']
export type CrmField = Schemas['CrmField']
export type ParamView = Schemas['CrmParamView']
export type Because = Schemas['Because']
export type RunState = Schemas['RunState']
export type RunView = Schemas['RunView']
export type StepView = Schemas['StepView']
/** What came of a step. */
export type Effect = Schemas['EffectView']
export type Call = Schemas['CallView']
export type Tried = Schemas['TriedCrm']
/** A fault that the product found by itself (CRM-6). */
export type FaultView = Schemas['CrmFaultView']
export type Preview = Schemas['CrmNamesView']

/** The lists of a portal that the settings choose from. */
export type Directory = Pick<Schemas['CrmDirectory'], 'users' | 'pipelines' | 'fields' | 'task_types'> & {
  fetched_at?: string | null
}

/** Its document is amoCRM's, written out (`filled`). */
export type IntegrationView = Omit<Schemas['IntegrationView'], 'settings'> & { settings: AmoSettings }

export type { StageRef }
