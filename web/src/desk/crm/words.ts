import type { components } from '../../kit/api/schema'
import type { CrmDeskTexts } from '../../kit/i18n/desk-crm'

type Item = components['schemas']['CrmItem']

/** One thing that was done, in words; `thing` is the part that leads to the CRM. */
export interface Said {
  what: Item['what']
  before: string
  thing: string
  after: string
  url: string | null
}

/** A link of the CRM leads to a page and nowhere else. */
export const safeUrl = (url: string | null | undefined) => (url && /^https?:\/\//i.test(url) ? url : null)

/** What was done, each thing once. What a newer server knows and we do not is left out. */
export function sayItems(items: readonly Item[], texts: CrmDeskTexts): Said[] {
  const said = new Map<string, Said>()
  for (const { what, name = '', detail = '', url } of items) {
    const phrase = texts.happened(what, name.trim(), detail.trim())
    if (!phrase) continue
    const [before, thing, after] = phrase
    const key = phrase.join('')
    // What was removed has no page any more.
    if (!said.has(key)) said.set(key, { what, before, thing, after, url: what === 'deal_removed' ? null : safeUrl(url) })
  }
  return [...said.values()]
}
