import { s } from '../../kit/i18n/cabinet-settings'

/** What was done, in words; an action that is newer than these pages is told by its name. */
export function deed(action: string): string {
  const names: Partial<Record<string, string>> = s().audit.actions
  return names[action] ?? action
}

/** Details that say something to a reader: pairs of words and values. */
export function facts(details: unknown, nameOf: (id: string) => string): [string, string][] {
  if (typeof details !== 'object' || details === null) return []
  const names: Partial<Record<string, string>> = s().audit.details
  return Object.entries(details).flatMap(([key, value]): [string, string][] => {
    const told = inWords(value, nameOf)
    return told ? [[names[key] ?? key, told]] : []
  })
}

function inWords(value: unknown, nameOf: (id: string) => string): string {
  if (value === null || value === undefined || value === '') return ''
  if (Array.isArray(value)) {
    // A pair is what was and what is.
    const parts = value.map((one) => inWords(one, nameOf))
    if (parts.length === 2 && parts[0] === parts[1]) return ''
    return parts.filter(Boolean).join(value.length === 2 && typeof value[0] === 'string' && !value[0].includes('_0') ? ' → ' : ', ')
  }
  if (typeof value === 'object') return JSON.stringify(value)
  const text = String(value)
  const names: Partial<Record<string, string>> = s().audit.values
  return names[text] ?? (nameOf(text) || text)
}
