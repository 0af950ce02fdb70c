import { lazy, Suspense, useCallback, useEffect, useRef, useState } from 'react'
import { api, ask } from '../../kit/api/client'
import { useDeskState } from '../context'
import type { CrmView } from '../crm/deals'
import type { Chat } from '../store/state'

// Companies without a CRM never load it.
const Block = lazy(() => import('../crm/block'))

/** What the CRMs have of this conversation; nothing when its channel is passed to none. */
export function Crm({ chat }: { chat: Chat }) {
  const id = chat.conversation_id
  const changes = useDeskState((state) => state.crm)
  const [held, hold] = useState<{ id: string; view: CrmView } | null>(null)
  const round = useRef(0)
  const read = useCallback(async () => {
    const mine = ++round.current
    const path = { conversation_id: id }
    const view = await ask(api.GET('/api/v1/conversations/{conversation_id}/crm', { params: { path } }))
    if (mine === round.current) hold({ id, view })
  }, [id])
  useEffect(() => {
    read().catch(() => {
      // The card is whole without it; the next change asks again.
    })
    return () => {
      round.current++
    }
  }, [read, changes])
  if (held?.id !== id || held.view.portals.length === 0) return null
  return (
    <Suspense>
      <Block key={id} id={id} view={held.view} onReread={read} />
    </Suspense>
  )
}
