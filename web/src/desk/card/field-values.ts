import type { Contact } from '../../kit/api/types'
import type { ContactField } from '../store/talk-api'

/** A field as text: older values may be numbers or yes and no. */
export function valueOf(contact: Contact, key: string): string {
  const value = (contact.fields as Record<string, unknown>)[key]
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

/** What is wrong with a typed value, by the kind of its field. Nothing typed is never wrong. */
export function faultOf(kind: ContactField['kind'], text: string): 'number' | 'link' | null {
  const value = text.trim()
  if (!value) return null
  if (kind === 'number' && !/^-?\d+([.,]\d+)?$/.test(value.replaceAll(/[\s\u00a0]/g, ''))) return 'number'
  if (kind === 'link' && !/^https?:\/\/\S+$/i.test(value)) return 'link'
  return null
}
