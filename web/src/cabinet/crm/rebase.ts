import type { IntegrationDraft } from './api'
import { type Tab, TABS, tabOf } from './pointers'
import type { AmoSettings } from './settings'

/** What becomes of my changes when somebody else saved first. */
export interface Rebased {
  /** Their document with my changes in it. */
  draft: IntegrationDraft
  /** Tabs that they saved. */
  theirs: Tab[]
  /** Tabs that both changed: my choice stands there. */
  both: Tab[]
}

type Key = keyof AmoSettings
const differ = (a: unknown, b: unknown) => JSON.stringify(a) !== JSON.stringify(b)

/**
 * Three-way, by the parts that the tabs edit: what I changed since `base` goes into what they saved,
 * all the rest is theirs.
 */
export function rebased(base: IntegrationDraft, mine: IntegrationDraft, theirs: IntegrationDraft): Rebased {
  const settings = { ...theirs.settings }
  const changed = new Set<Tab>()
  const clashed = new Set<Tab>()
  const note = (key: string, byMe: boolean, byThem: boolean, apart: boolean) => {
    const tab = tabOf(`/${key}`) ?? 'main'
    if (byThem) changed.add(tab)
    if (byMe && byThem && apart) clashed.add(tab)
  }
  for (const key of Object.keys(settings) as Key[]) {
    const [was, my, their] = [base.settings[key], mine.settings[key], theirs.settings[key]]
    const byMe = differ(was, my)
    if (byMe) Object.assign(settings, { [key]: my })
    note(key, byMe, differ(was, their), differ(my, their))
  }
  const own = <K extends 'name' | 'enabled'>(key: K) => {
    const byMe = mine[key] !== base[key]
    note(key, byMe, theirs[key] !== base[key], mine[key] !== theirs[key])
    return byMe ? mine[key] : theirs[key]
  }
  const draft = { name: own('name'), enabled: own('enabled'), settings }
  const ordered = (tabs: Set<Tab>) => TABS.filter((tab) => tabs.has(tab))
  return { draft, theirs: ordered(changed), both: ordered(clashed) }
}
