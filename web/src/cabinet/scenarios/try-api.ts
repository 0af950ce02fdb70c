import type { Words } from '../../kit/api/types'
import { call } from '../parts/call'
import type { Scenario } from './model'

/** An enquiry as somebody imagines it. */
export interface Example {
  channel_id: string | null
  channel_kind: string
  site: string | null
  campaign: string | null
  source: string | null
  utm: Record<string, string>
  language: string | null
  text: string
  first: boolean
  contact_known: boolean
  at: string
}

/** The way of the example through the scenario; nothing is stored and nothing sent. */
export interface Trial {
  steps: { path: string; text: Words; outcome: string }[]
  result: Words
}

export const tryScenario = (tree: Scenario, example: Example) =>
  call<Trial>('POST', '/scenarios/try', { tree, example })

/** `yandex` of `source=yandex`, line by line; a line without a mark is left out. */
export function readUtm(text: string): Record<string, string> {
  const pairs = text.split('\n').flatMap((line) => {
    const [key = '', ...value] = line.split('=')
    const name = key.trim().replace(/^utm_/, '')
    return name && value.length > 0 ? [[name, value.join('=').trim()]] : []
  })
  return Object.fromEntries(pairs)
}

/** Places are told as the server's problems tell them, with or without `tree` before them. */
export const placeOf = (path: string) => (path.startsWith('tree') ? path.slice('tree'.length) : path)
