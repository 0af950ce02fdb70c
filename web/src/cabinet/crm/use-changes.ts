import { useChanges } from '../use-changes'

/** Something of portals or of their settings changed; not what is passed on. */
export function usePortalChanges(act: () => unknown) {
  useChanges(act, (frame) => frame.kind === 'crm.changed' && !frame.data.conversation_id)
}

/** Anything happened between us and a CRM. */
export function useCrmChanges(act: () => unknown) {
  useChanges(act, (frame) => frame.kind === 'crm.changed')
}
