import { api, ask } from '../../kit/api/client'
import type { components } from '../../kit/api/schema'

export type CannedReply = components['schemas']['CannedReplyView']
export type ReplyForm = components['schemas']['CannedReplyBody']

const at = (canned_reply_id: string) => ({ path: { canned_reply_id } })

export const readReplies = async (): Promise<CannedReply[]> =>
  (await ask(api.GET('/api/v1/canned-replies'))).items
export const addReply = (body: ReplyForm) => ask(api.POST('/api/v1/canned-replies', { body }))
export const saveReply = (id: string, body: ReplyForm) =>
  ask(api.PUT('/api/v1/canned-replies/{canned_reply_id}', { params: at(id), body }))
export const deleteReply = (id: string) =>
  ask(api.DELETE('/api/v1/canned-replies/{canned_reply_id}', { params: at(id) }))

/** What the desk puts in, in both spellings. */
export const VARIABLES = [
  { ru: 'имя', en: 'name' },
  { ru: 'оператор', en: 'operator' },
  { ru: 'компания', en: 'company' },
  { ru: 'номер', en: 'number' },
] as const

export type Variable = (typeof VARIABLES)[number]['en']

/** The text with its variables put in; braces with another word in them stay as they are. */
export function filled(text: string, values: Record<Variable, string>): string {
  return text.replace(/\{([^{}\s]+)\}/g, (whole, word: string) => {
    const named = VARIABLES.find((one) => one.ru === word.toLowerCase() || one.en === word.toLowerCase())
    return named ? values[named.en] : whole
  })
}

/** Words in braces that mean nothing: a typing error that a customer would see. */
export function unknownVariables(text: string): string[] {
  const words = [...text.matchAll(/\{([^{}\s]+)\}/g)].map((found) => found[1] ?? '')
  const known = VARIABLES.flatMap((one) => [one.ru, one.en]) as readonly string[]
  return [...new Set(words.filter((word) => !known.includes(word.toLowerCase())))]
}

/** Replies that have every word of the query, by sections in the order of the alphabet. */
export function sections(replies: readonly CannedReply[], query: string): [string, CannedReply[]][] {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean)
  const by = new Map<string, CannedReply[]>()
  for (const reply of replies) {
    const text = `${reply.shortcut} ${reply.title} ${reply.text} ${reply.section}`.toLowerCase()
    if (!wanted.every((word) => text.includes(word))) continue
    by.set(reply.section, [...(by.get(reply.section) ?? []), reply])
  }
  for (const list of by.values()) list.sort((a, b) => a.title.localeCompare(b.title))
  // Those of no section come last.
  return [...by].sort(([a], [b]) => Number(a === '') - Number(b === '') || a.localeCompare(b))
}
