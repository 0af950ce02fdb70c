import { useEffect, useState } from 'react'
import { fieldErrors, Refused } from '../../kit/api/client'
import { t, words } from '../../kit/i18n'
import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { filterEn, filterRu } from '../../kit/i18n/flow/crm-tabs/filter'
import { toast, whyRefused } from '../../kit/ui/toast'
import { type IntegrationDraft, readIntegration, saveIntegration } from './api'
import { type Fault, faultAt, faultsOf, marked, nameless, type Tab, TABS, tabOf, without } from './pointers'
import { type Rebased, rebased } from './rebase'
import { type AmoSettings, isUnsorted } from './settings'
import type { IntegrationView } from './views'

const draftOf = ({ name, enabled, settings }: IntegrationView): IntegrationDraft => ({
  name,
  enabled,
  settings,
})

export interface Editing {
  id: string
  stored: IntegrationView
  draft: IntegrationDraft
  changed: boolean
  busy: boolean
  /** Somebody else saved meanwhile. */
  stale: boolean
  /** What they saved beside what is changed here; `null`: it could not be read. */
  conflict: Rebased | null
  /** What is wrong with the whole. */
  fault: string
  /** Tabs with something wrong on them. */
  wrong: Set<Tab>
  warned: Set<Tab>
  set: (patch: Partial<Omit<IntegrationDraft, 'settings'>>) => void
  change: (patch: Partial<AmoSettings>) => void
  /** The words at a place of the settings: what is wrong there. */
  told: (at: string) => string | undefined
  /** What is wrong with a place itself, not with something in it. */
  whole: (at: string) => string | undefined
  warning: (at: string) => string | undefined
  /** Remarks on what is stored of a tab and is not being changed. */
  remarks: (tab: Tab) => string[]
  /** Whether these settings can be sent; else it is marked what is wrong. */
  check: () => boolean
  /** Marks what another refusal says of these settings. */
  blame: (error: unknown) => void
  save: () => Promise<void>
  reset: () => void
  /** Theirs alone. */
  reload: () => Promise<void>
  /** Theirs with what is changed here; to be saved then. */
  keep: () => void
}

/** The settings of an integration while they are edited: one document, saved as a whole. */
export function useEditing(first: IntegrationView, onFault: (tab: Tab) => void): Editing {
  const [stored, setStored] = useState(first)
  const [draft, setDraft] = useState(draftOf(first))
  const [faults, setFaults] = useState<Fault[]>([])
  const [fault, setFault] = useState('')
  const [stale, setStale] = useState(false)
  const [theirs, setTheirs] = useState<IntegrationView | null>(null)
  const [busy, setBusy] = useState(false)
  const changed = JSON.stringify(draft) !== JSON.stringify(draftOf(stored))
  const warnings = stored.warnings.map((one): Fault => ({ at: one.path.replace(/^\/settings/, ''), words: one.words }))

  /** What the server has; beside it what was changed here since `sent`, which it answered. */
  const hold = (held: IntegrationView, sent?: IntegrationDraft) => {
    const fresh = draftOf(held)
    setStored(held)
    setDraft((now) => (sent ? rebased(sent, now, fresh).draft : fresh))
    setFaults([])
    setFault('')
    setStale(false)
    setTheirs(null)
  }
  // Read anew, because somebody saved: what is not being changed here is simply shown.
  useEffect(() => {
    if (busy || first.revision < stored.revision) return
    // The same document; what the server remarks on it follows the lists of the CRM.
    if (first.revision === stored.revision) return setStored(first)
    if (!changed) return hold(first)
    setTheirs(first)
    setStale(true)
  }, [first, busy])
  const conflict = theirs && rebased(draftOf(stored), draft, draftOf(theirs))
  const forget = (places: string[]) => {
    const left = without(faults, places)
    setFaults(left)
    if (left.length === 0) setFault('')
  }

  const unread = nameless(draft.settings).map((at): Fault => ({ at, words: { ru: filterRu.noUtmKey, en: filterEn.noUtmKey } }))
  /** Shows what is wrong, on the first tab that has any of it. */
  const mark = (found: Fault[]) => {
    setFaults(found)
    const tabs = marked(found)
    const tab = TABS.find((one) => tabs.has(one))
    if (tab) onFault(tab)
  }

  async function save() {
    if (busy) return
    if (unread.length > 0) {
      setFault(t.cabinet.checkFields)
      return mark(unread)
    }
    setBusy(true)
    setFault('')
    setFaults([])
    try {
      hold(await saveIntegration(stored.integration_id, draft, stored.revision), draft)
      toast(t.cabinet.saved)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      const found = faultsOf(fieldErrors(error))
      const homeless = found.find((one) => tabOf(one.at) === null)
      mark(found)
      if (error.status === 404) setFault(crmSettings().deletedMeanwhile)
      else if (error.problem?.code === 'changed_meanwhile') {
        setStale(true)
        await readIntegration(stored.integration_id).then(setTheirs, () => {})
      } else setFault(homeless ? words(homeless.words) : found.length > 0 ? t.cabinet.checkFields : whyRefused(error))
    } finally {
      setBusy(false)
    }
  }

  // What is being changed is judged anew when it is saved.
  const parts = draftOf(stored).settings as unknown as Record<string, unknown>
  const draftParts = draft.settings as unknown as Record<string, unknown>
  const standing = warnings.filter(({ at }) => {
    // The tabs themselves say what has no effect then.
    if ((at === '/names' || at.startsWith('/funnel')) && isUnsorted(draft.settings)) return false
    const part = at.split('/')[1] ?? ''
    return JSON.stringify(parts[part]) === JSON.stringify(draftParts[part])
  })
  const tell = (list: readonly Fault[]) => (at: string) => {
    const found = faultAt(list, at)
    return found && words(found)
  }
  return {
    id: stored.integration_id,
    stored,
    draft,
    changed,
    busy,
    stale,
    conflict,
    fault,
    wrong: marked(faults),
    warned: marked(standing),
    set: (patch) => {
      setDraft((now) => ({ ...now, ...patch }))
      forget(Object.keys(patch).map((key) => `/${key}`))
    },
    change: (patch) => {
      setDraft((now) => ({ ...now, settings: { ...now.settings, ...patch } }))
      forget(Object.keys(patch).map((key) => `/${key}`))
    },
    told: tell(faults),
    whole: (at) => {
      const found = faults.find((one) => one.at === at)
      return found && words(found.words)
    },
    warning: tell(standing),
    remarks: (tab) =>
      tab === 'fields' ? [] : [...new Set(standing.filter((one) => tabOf(one.at) === tab).map((one) => words(one.words)))],
    check: () => {
      if (unread.length > 0) setFaults(unread)
      return unread.length === 0
    },
    blame: (error) => setFaults(faultsOf(fieldErrors(error))),
    save,
    reset: () => {
      setDraft(draftOf(stored))
      setFaults([])
      setFault('')
    },
    reload: async () => hold(await readIntegration(stored.integration_id)),
    keep: () => {
      if (!theirs || !conflict) return
      hold(theirs)
      setDraft(conflict.draft)
    },
  }
}
