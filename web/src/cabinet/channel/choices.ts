import { api, ask } from '../../kit/api/client'
import type { ChannelKind } from '../../kit/api/types'
import { type Answers, sentAnswers } from './answers'

/** One of the values that a service offers for a field. */
export interface Offer {
  value: string
  label: string
}

/** Other fields of the form must be right first. */
export class Lacking extends Error {}

/** Asks the service, with what stands in the form so far; secrets that are stored are the server's. */
export async function readOffers(kind: ChannelKind, answers: Answers, field: string, channel_id?: string): Promise<Offer[]> {
  const settings = sentAnswers(kind.form.fields, answers)
  const body = { kind: kind.kind, settings, field, ...(channel_id ? { channel_id } : {}) }
  return (await ask(api.POST('/api/v1/channels/choices', { body }))).items
}

/** The rows of the list: what is chosen already stands in it even when the service offers it no more. */
export function rows(offers: readonly Offer[], value: string): Offer[] {
  const known = offers.some((one) => one.value === value)
  return value && !known ? [{ value, label: value }, ...offers] : [...offers]
}

/** An offer as it is read: its name, and what is stored where that says something else. */
export const nameOf = ({ value, label }: Offer) => (!label || label === value ? value : `${label} (${value})`)
