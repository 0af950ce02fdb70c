import { GitMerge } from 'lucide-react'
import { lazy, Suspense, useEffect, useState } from 'react'
import { api, ask } from '../../kit/api/client'
import type { Contact } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { date } from '../../kit/i18n/format'
import { has } from '../../kit/session'
import { Button } from '../../kit/ui/button'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { useDesk } from '../context'
import { Part } from './part'
import { rereadChats } from './reread'

// Asked for seldom: it is no part of what the desk loads first.
const Dialog = lazy(async () => ({ default: (await import('../../kit/ui/dialog')).Dialog }))

interface Merged {
  merge_id: string
  name: string
  created_at: string
}

/** Who was made part of this customer, to be taken apart again. */
export function Merges({ contact }: { contact: Contact }) {
  const { desk, me } = useDesk()
  const [merges, setMerges] = useState<Merged[]>([])
  const [asked, setAsked] = useState<Merged | null>(null)
  const id = contact.contact_id
  // A merge brings identities, phones or addresses: when they change, the list may have changed.
  const parts = `${contact.identities.length} ${contact.phones.length} ${contact.emails.length}`
  useEffect(() => {
    let gone = false
    readMerges(id).then(
      (read) => !gone && setMerges(read),
      () => {
        // The card is whole without them.
      },
    )
    return () => {
      gone = true
    }
  }, [id, parts])
  if (merges.length === 0) return null
  const undo = async ({ merge_id }: Merged) => {
    setAsked(null)
    try {
      await desk.changeContact(id, ask(api.POST('/api/v1/contact-merges/{merge_id}/undo', { params: { path: { merge_id } } })))
      setMerges((held) => held.filter((one) => one.merge_id !== merge_id))
      await rereadChats(desk, [id])
      toast(t.talk.card.unmerged)
    } catch (error) {
      tellRefusal(error)
    }
  }
  return (
    <Part title={t.talk.card.merges}>
      <ul className="space-y-1">
        {merges.map((one) => (
          <li key={one.merge_id} className="flex items-center gap-2 text-second">
            <GitMerge size={15} className="shrink-0 text-ink3" aria-hidden="true" />
            <span className="min-w-0 flex-1">
              <span className="block truncate">{one.name || t.chat.guest}</span>
              <span className="block text-caption text-ink3">{t.talk.card.mergedLine(date(one.created_at))}</span>
            </span>
            {has(me, 'manage_contacts') && (
              <Button look="quiet" className="px-2" onClick={() => setAsked(one)}>
                {t.talk.card.unmerge}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {asked && (
        <Suspense>
          <Dialog title={t.talk.card.unmerge} onClose={() => setAsked(null)}>
            <p className="text-ink2">{t.talk.card.unmergeAsk}</p>
            <div className="mt-4 flex justify-end gap-2">
              <Button onClick={() => setAsked(null)}>{t.cancel}</Button>
              <Button look="main" onClick={() => void undo(asked)}>
                {t.talk.card.unmerge}
              </Button>
            </div>
          </Dialog>
        </Suspense>
      )}
    </Part>
  )
}

async function readMerges(contact_id: string): Promise<Merged[]> {
  const { items } = await ask(api.GET('/api/v1/contacts/{contact_id}/merges', { params: { path: { contact_id } } }))
  const standing = items.filter((one) => !one.undone_at && one.kept_id === contact_id)
  return Promise.all(
    standing.map(async ({ merge_id, merged_id, created_at }) => {
      const path = { contact_id: merged_id }
      const name = await ask(api.GET('/api/v1/contacts/{contact_id}', { params: { path } })).then(
        (merged) => merged.name,
        () => '',
      )
      return { merge_id, name, created_at }
    }),
  )
}
