import { useCallback, useEffect, useRef, useState } from 'react'
import { api, ask } from '../../kit/api/client'
import type { Contact } from '../../kit/api/types'
import { useDeskState } from '../context'
import { type Check, type Wanted, withCheck } from './checks'

interface Held {
  id: string
  checks: readonly Check[]
}

/** What channels know of a customer's phones; read anew when the server tells of a check. */
export function useChecks(contact: Contact) {
  const id = contact.contact_id
  const phones = contact.phones.join()
  const told = useDeskState((state) => state.numbers)
  const [held, hold] = useState<Held>({ id, checks: [] })
  const round = useRef(0)
  useEffect(() => {
    if (!phones) return
    const mine = ++round.current
    const params = { path: { contact_id: id } }
    ask(api.GET('/api/v1/contacts/{contact_id}/number-checks', { params })).then(
      ({ items }) => mine === round.current && hold({ id, checks: items }),
      () => {
        // The card is whole without it; the next check asks again.
      },
    )
    return () => {
      round.current++
    }
  }, [id, phones, told])
  const check = useCallback(
    async ({ channel_id, phone }: Check, wanted: Wanted) => {
      const params = { path: { contact_id: id } }
      const body = { channel_id, phone, wanted }
      const one = await ask(api.POST('/api/v1/contacts/{contact_id}/number-checks', { params, body }))
      hold((now) => (now.id === id ? { id, checks: withCheck(now.checks, one) } : now))
    },
    [id],
  )
  return { checks: held.id === id ? held.checks : [], check }
}
