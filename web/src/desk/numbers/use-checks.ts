import { useCallback, useEffect, useState } from 'react'
import { api, ask } from '../../kit/api/client'
import type { Contact } from '../../kit/api/types'
import { useDeskState } from '../context'
import type { Check, Wanted } from './checks'

interface Held {
  id: string
  checks: readonly Check[]
}

/** A question whose job died ends by time alone, and nobody tells of it. */
const LOOK_AGAIN = 60_000

/** What channels know of a customer's phones; read anew when the server tells of a check, and after a click. */
export function useChecks(contact: Contact) {
  const id = contact.contact_id
  const phones = contact.phones.join()
  const told = useDeskState((state) => state.numbers)
  const [held, hold] = useState<Held>({ id, checks: [] })
  const [looks, setLooks] = useState(0)
  const look = useCallback(() => setLooks((n) => n + 1), [])
  useEffect(() => {
    if (!phones) return
    let overtaken = false
    const params = { path: { contact_id: id } }
    ask(api.GET('/api/v1/contacts/{contact_id}/number-checks', { params })).then(
      ({ items }) => overtaken || hold({ id, checks: items }),
      () => {
        // The card is whole without it; the next check asks again.
      },
    )
    return () => {
      overtaken = true
    }
  }, [id, phones, told, looks])
  const checks = held.id === id ? held.checks : []
  const waits = checks.some(({ state }) => state === 'checking')
  useEffect(() => {
    if (!waits) return
    const timer = setInterval(look, LOOK_AGAIN)
    return () => clearInterval(timer)
  }, [waits, look])
  const check = useCallback(
    async ({ channel_id, phone }: Check, wanted: Wanted) => {
      const params = { path: { contact_id: id } }
      await ask(api.POST('/api/v1/contacts/{contact_id}/number-checks', { params, body: { channel_id, phone, wanted } }))
      // Its answer may be older than what was read meanwhile.
      look()
    },
    [id, look],
  )
  return { checks, check }
}
