import type { ChannelDetails, FormField } from '../../kit/api/types'
import { ownSecret } from './own-secret'

export type Answers = Record<string, unknown>

/** The fields of the form as it is filled: those of a way that is not chosen are not there. */
export function shownFields(fields: readonly FormField[], answers: Answers): FormField[] {
  const hidden = new Set<string>()
  for (const field of fields) {
    if (field.kind !== 'ways') continue
    const chosen = field.ways.find((way) => way.value === (answers[field.key] ?? field.default))
    for (const key of field.ways.flatMap((way) => way.fields)) if (!chosen?.fields.includes(key)) hidden.add(key)
  }
  return fields.filter((field) => !hidden.has(field.key))
}

/** What stands in the form at first: what is stored, else what the kind gives. */
export function firstAnswers(fields: readonly FormField[], stored?: ChannelDetails): Answers {
  const answers: Answers = {}
  for (const field of fields) {
    const held = (stored?.settings as Answers | undefined)?.[field.key]
    if (held !== undefined) answers[field.key] = held
    else if (field.kind === 'own_secret' && !stored) answers[field.key] = ownSecret(field.length)
    else if (field.kind === 'toggle' || field.kind === 'select' || field.kind === 'ways' || field.kind === 'color') {
      if (field.default !== null) answers[field.key] = field.default
    }
  }
  return answers
}

/** What is sent: nothing for what is not shown or is empty, so that the kind's own rule holds. A secret that is
 * left empty stays as it is. */
export function sentAnswers(fields: readonly FormField[], answers: Answers): Record<string, never> {
  const sent: Answers = {}
  for (const field of shownFields(fields, answers)) {
    const value = answers[field.key]
    if (value === undefined || value === '' || value === null) continue
    if (field.kind === 'number') sent[field.key] = Number(value)
    else if (field.kind === 'list') {
      const lines = (Array.isArray(value) ? value : String(value).split('\n')).map(String)
      const kept = lines.map((line) => line.trim()).filter(Boolean)
      if (kept.length > 0) sent[field.key] = kept
    } else sent[field.key] = value
  }
  // The API's description knows an object here and no more: the kinds know their fields.
  return sent as Record<string, never>
}
