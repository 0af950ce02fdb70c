import type { Employee } from '../../kit/api/types'

type Named = Pick<Employee, 'employee_id' | 'name'>

/** The mention that is being typed before the caret: where its @ stands and what follows it. */
export function mentionAt(text: string, caret: number): { from: number; query: string } | null {
  const before = text.slice(Math.max(0, caret - 60), caret)
  const typed = /(?:^|[\s(«"])@([\p{L}\p{N}_.'’-]*(?: [\p{L}\p{N}_.'’-]*)?)$/u.exec(before)
  const query = typed?.[1]
  return query === undefined ? null : { from: caret - query.length - 1, query }
}

const plain = (text: string) => text.toLocaleLowerCase('ru').replaceAll('ё', 'е')

/** Colleagues whose name has a word that begins so. */
export function colleagues<T extends Named>(people: readonly T[], query: string): T[] {
  const typed = plain(query.trim())
  if (!typed) return [...people]
  return people.filter(({ name }) => {
    const whole = plain(name)
    return whole.startsWith(typed) || whole.split(/\s+/).some((word) => word.startsWith(typed))
  })
}

/** The text with the name put in, and where the caret goes. */
export function withMention(text: string, from: number, caret: number, name: string): { text: string; caret: number } {
  const after = text.slice(caret)
  const put = `@${name}${/^\s/.test(after) ? '' : ' '}`
  return { text: text.slice(0, from) + put + after, caret: from + put.length }
}

export interface Piece {
  text: string
  employee_id?: string
}

const letter = /[\p{L}\p{N}_]/u

/** A note's text cut at the names of colleagues in it. Of names that begin alike the longest holds. */
export function mentionPieces(text: string, people: readonly Named[]): Piece[] {
  const known = people.filter(({ name }) => name.trim()).sort((a, b) => b.name.length - a.name.length)
  const pieces: Piece[] = []
  let end = 0
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    if (at < end || (at > 0 && letter.test(text[at - 1] ?? ''))) continue
    const who = known.find(({ name }) => {
      const next = text[at + 1 + name.length]
      return text.startsWith(name, at + 1) && (next === undefined || !letter.test(next))
    })
    if (!who) continue
    if (at > end) pieces.push({ text: text.slice(end, at) })
    end = at + 1 + who.name.length
    pieces.push({ text: text.slice(at, end), employee_id: who.employee_id })
  }
  if (end < text.length) pieces.push({ text: text.slice(end) })
  return pieces
}

/** Who is named in a note, each once. */
export function mentioned(text: string, people: readonly Named[]): string[] {
  const ids = mentionPieces(text, people).flatMap((piece) => piece.employee_id ?? [])
  return [...new Set(ids)]
}
