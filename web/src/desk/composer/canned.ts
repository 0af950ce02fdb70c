import type { CannedReply } from '../store/talk-api'

/** What stands for the braces of a canned reply. */
export interface Values {
  name: string
  operator: string
  company: string
  number: string
}

const VARIABLES: Record<string, keyof Values> = {
  имя: 'name',
  name: 'name',
  оператор: 'operator',
  operator: 'operator',
  компания: 'company',
  company: 'company',
  номер: 'number',
  number: 'number',
}

/** Puts the variables in. What is not known goes with the comma before it: "Добрый день, {имя}!"
 * becomes "Добрый день!". Braces of other words stay as they are written. */
export function fill(text: string, values: Values): string {
  return text.replace(/(,?[ \t]*)\{\s*([\p{L}]+)\s*\}/gu, (whole, before: string, word: string) => {
    const key = VARIABLES[word.toLowerCase()]
    if (!key) return whole
    const value = values[key].trim()
    return value ? before + value : ''
  })
}

const plain = (text: string) => text.toLocaleLowerCase('ru').replaceAll('ё', 'е')

/** How well a reply fits what is typed: smaller is better, `null` not at all. */
function fit(reply: CannedReply, typed: string): number | null {
  const shortcut = plain(reply.shortcut)
  const title = plain(reply.title)
  if (shortcut === typed) return 0
  if (shortcut.startsWith(typed)) return 1
  if (title.startsWith(typed)) return 2
  const words = typed.split(/\s+/)
  const where = `${shortcut} ${title} ${plain(reply.section)}`
  if (words.every((word) => where.includes(word))) return 3
  return words.every((word) => where.includes(word) || plain(reply.text).includes(word)) ? 4 : null
}

/** Those that fit, the best and the most used first. */
export function matching(replies: readonly CannedReply[], query: string): CannedReply[] {
  const typed = plain(query.trim())
  const fits = replies.map((reply) => ({ reply, rank: typed ? fit(reply, typed) : 3 }))
  return fits
    .filter((one): one is { reply: CannedReply; rank: number } => one.rank !== null)
    .sort(
      (a, b) =>
        a.rank - b.rank || b.reply.used_count - a.reply.used_count || a.reply.title.localeCompare(b.reply.title),
    )
    .map((one) => one.reply)
}

/** By sections when nothing is typed: sections by name, those without one first. */
export function sections(replies: readonly CannedReply[]): { section: string; replies: CannedReply[] }[] {
  const groups = new Map<string, CannedReply[]>()
  for (const reply of replies) groups.set(reply.section, [...(groups.get(reply.section) ?? []), reply])
  return [...groups]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([section, inside]) => ({ section, replies: inside }))
}
