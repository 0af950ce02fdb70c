import { useSyncExternalStore } from 'react'
import { api, ask, onLoggedOut, Refused } from './api/client'
import type { Me, Right } from './api/types'
import { preferredLanguage, setLanguage } from './i18n'

/** Who is logged in: nobody (`null`), somebody, or not known yet; or the server is away. */
export type Session = { is: 'asking' } | { is: 'away' } | { is: 'nobody' } | { is: 'in'; me: Me }

let session: Session = { is: 'asking' }
const listeners = new Set<() => void>()

function set(next: Session) {
  session = next
  listeners.forEach((listener) => listener())
}

onLoggedOut(() => {
  if (session.is === 'in') set({ is: 'nobody' })
})

export function useSession(): Session {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    () => session,
  )
}

/** Asks the server who we are; those who come in land at `landing`, if it is told. */
export async function readSession(landing?: string) {
  try {
    const me = await ask(api.GET('/api/v1/me'))
    const chosen = localStorage.getItem('beseda.language') !== null
    const own = me.employee.language === 'en' ? 'en' : 'ru'
    await setLanguage(chosen ? preferredLanguage() : own, 'for now')
    // Before anybody hears of it: pages send away those who are where they do not belong.
    if (landing) history.replaceState(null, '', landing)
    set({ is: 'in', me })
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    set({ is: error.status === 401 ? 'nobody' : 'away' })
  }
}

export const has = (me: Me, right: Right) => me.rights.includes(right)

/** What a person leaves on this device goes with them. */
const farewells = new Set<() => Promise<unknown>>()

export const onFarewell = (farewell: () => Promise<unknown>) => void farewells.add(farewell)

export async function logOut() {
  await ask(api.DELETE('/api/v1/session'))
  await Promise.all([...farewells].map((farewell) => farewell()))
  set({ is: 'nobody' })
}
