import { useSyncExternalStore } from 'react'
import type { Words } from '../api/types'
import { ru, type Texts } from './ru'

export type Language = 'ru' | 'en'

const KEY = 'beseda.language'

/** The texts of the language that is on. */
export let t: Texts = ru
export let language: Language = 'ru'

const listeners = new Set<() => void>()

/** What a person chose on this device, else what the browser speaks. */
export function preferredLanguage(): Language {
  const stored = localStorage.getItem(KEY)
  if (stored === 'ru' || stored === 'en') return stored
  return navigator.languages.some((l) => l.startsWith('ru')) || !navigator.language ? 'ru' : 'en'
}

export async function setLanguage(next: Language, how: 'keep' | 'for now' = 'keep') {
  if (how === 'keep') localStorage.setItem(KEY, next)
  t = next === 'ru' ? ru : (await import('./en')).en
  language = next
  document.documentElement.lang = next
  listeners.forEach((listener) => listener())
}

/** Draws anew when the language changes. */
export function useLanguage(): Language {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    () => language,
  )
}

/** The server's texts come in both languages. */
export const words = (both: Words): string => both[language]
