import type { Contact } from '../../kit/api/types'

/** What a contact gets when another becomes part of it. */
export interface Gain {
  phones: string[]
  emails: string[]
  identities: Contact['identities']
  tags: string[]
  /** Fields that it has no value of its own for. */
  fields: string[]
}

const filled = (value: unknown) => value !== null && value !== undefined && String(value).trim() !== ''

export function gain(kept: Contact, joining: Contact): Gain {
  const has = (list: readonly string[]) => (one: string) => !list.includes(one)
  const [own, theirs] = [kept.fields as Record<string, unknown>, joining.fields as Record<string, unknown>]
  return {
    phones: joining.phones.filter(has(kept.phones)),
    emails: joining.emails.filter(has(kept.emails)),
    identities: joining.identities,
    tags: joining.tags.filter(has(kept.tags)),
    fields: Object.keys(theirs).filter((key) => filled(theirs[key]) && !filled(own[key])),
  }
}

/** Others that may be the same person, the likeliest first: a common phone, address, then name. */
export function likely(contact: Contact, found: readonly Contact[]): Contact[] {
  const name = contact.name.trim().toLocaleLowerCase()
  const score = (other: Contact) =>
    (other.phones.some((phone) => contact.phones.includes(phone)) ? 4 : 0) +
    (other.emails.some((email) => contact.emails.includes(email)) ? 4 : 0) +
    (name && other.name.trim().toLocaleLowerCase() === name ? 2 : 0)
  return found
    .filter((other) => other.contact_id !== contact.contact_id && !other.merged_into)
    .map((other, order) => ({ other, order, score: score(other) }))
    .sort((a, b) => b.score - a.score || a.order - b.order)
    .map((one) => one.other)
}
