import { api, ask } from '../../kit/api/client'
import type { components } from '../../kit/api/schema'
import { open } from './api'
import type { Scenario } from './model'

/** An enquiry as somebody imagines it. */
export type Example = components['schemas']['TryExample']

/** The way of the example through the scenario; nothing is stored and nothing sent. */
export type Trial = components['schemas']['TriedBody']

export const tryScenario = (tree: Scenario, example: Example): Promise<Trial> =>
  ask(api.POST('/api/v1/scenarios/try', { body: { tree: open(tree), example } }))

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
