import { createContext, type RefObject, useContext } from 'react'
import type { ChannelKind, Employee } from '../../kit/api/types'
import { words } from '../../kit/i18n'
import type { Tab } from './pointers'
import type { TryKept } from './tab-try'
import type { CompanyLanguage, Param } from './template'
import type { Live } from './use-live'
import type { Editing } from './use-editing'
import type { IntegrationView, ParamView, PortalView } from './views'

/** What the tabs of an integration work with. */
export interface Company {
  portals: PortalView[]
  integrations: IntegrationView[]
  channels: { channel_id: string; name: string; sign: string }[]
  kinds: ChannelKind[]
  employees: Employee[]
  params: ParamView[]
  /** Where the CRM's support sends what is written in its chats; empty: this server has no public address. */
  chatsHook: string
}

export interface EditorParts extends Company {
  /** The company's: what is written into the CRM is in it. */
  language: CompanyLanguage
  editing: Editing
  live: Live
  portal: PortalView | undefined
  setPortal: (portal: PortalView) => void
  open: (tab: Tab) => void
  /** What was tried last: one goes to a tab to mend something and comes back. */
  tried: RefObject<TryKept | null>
}

export const EditorContext = createContext<EditorParts | null>(null)

export function useEditor(): EditorParts {
  const parts = useContext(EditorContext)
  if (!parts) throw new Error('a tab stands outside of its editor')
  return parts
}

/** Parameters with titles of the language that is on. */
export function useParams(): Param[] {
  return useEditor().params.map((one) => ({ param: one.param, title: words(one.title), example: one.example }))
}
