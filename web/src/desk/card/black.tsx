import { useEffect, useState } from 'react'
import { api, ask } from '../../kit/api/client'
import type { Contact } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { phone } from '../../kit/i18n/format'
import { Button } from '../../kit/ui/button'
import { Dialog } from '../../kit/ui/dialog'
import { Field, inputClass } from '../../kit/ui/field'
import { tellRefusal, toast, whyRefused } from '../../kit/ui/toast'

interface Way {
  kind: 'phone' | 'email' | 'external_id'
  value: string
}

/** By what the black list knows a person. */
function waysOf(contact: Contact): Way[] {
  const ids = contact.identities.flatMap((one) => {
    const id = one.external_id
    return id ? [{ kind: 'external_id' as const, value: id }] : []
  })
  const ways: Way[] = [
    ...contact.phones.map((value) => ({ kind: 'phone' as const, value })),
    ...contact.emails.map((value) => ({ kind: 'email' as const, value: value.toLowerCase() })),
    ...ids,
  ]
  return ways.filter((way, at) => ways.findIndex((other) => other.value === way.value) === at)
}

const PAGES = 20

/** A customer whose messages are not wanted: everything that they are known by goes on the list. */
export default function Black({ contact, onClose }: { contact: Contact; onClose: () => void }) {
  const ways = waysOf(contact)
  const [listed, setListed] = useState<ReadonlySet<string> | null>(null)
  const [note, setNote] = useState('')
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState('')
  useEffect(() => {
    readListed().then(setListed, (error: unknown) => setFault(whyRefused(error)))
  }, [])
  const on = ways.filter((way) => listed?.has(way.value))
  const off = ways.filter((way) => !listed?.has(way.value))

  async function act(change: () => Promise<unknown>[], done: string) {
    setBusy(true)
    try {
      await Promise.all(change())
      toast(done)
      onClose()
    } catch (error) {
      setBusy(false)
      tellRefusal(error)
    }
  }
  const add = () =>
    act(() => off.map(({ kind, value }) => ask(api.POST('/api/v1/blacklist', { body: { kind, value, note: note.trim() } }))), t.talk.card.blackDone)
  const remove = () =>
    act(
      () => on.map(({ value }) => ask(api.DELETE('/api/v1/blacklist/{entry}', { params: { path: { entry: value } } }))),
      t.talk.card.blackRemoved,
    )

  return (
    <Dialog title={t.talk.card.blackTitle} onClose={onClose}>
      {ways.length === 0 ? (
        <p className="text-ink2">{t.talk.card.blackNothing}</p>
      ) : (
        <>
          <p className="mb-3 text-ink2">{t.talk.card.blackWhat}</p>
          <ul className="mb-4 space-y-1">
            {ways.map((way) => (
              <li key={way.value} className="num flex items-center justify-between gap-2">
                <span className="min-w-0 break-words">{way.kind === 'phone' ? phone(way.value) : way.value}</span>
                {listed?.has(way.value) && (
                  <span className="shrink-0 rounded-full bg-red-soft px-2 text-caption text-red">{t.talk.card.blackListed}</span>
                )}
              </li>
            ))}
          </ul>
          {off.length > 0 && (
            <Field label={t.talk.card.blackNote}>
              {(ids) => (
                <input
                  {...ids}
                  value={note}
                  maxLength={500}
                  onChange={(event) => setNote(event.target.value)}
                  className={`${inputClass} h-10`}
                />
              )}
            </Field>
          )}
        </>
      )}
      {fault && (
        <p role="alert" className="mt-2 text-second text-red">
          {fault}
        </p>
      )}
      <div className="mt-4 flex flex-wrap justify-end gap-2">
        {on.length > 0 && (
          <Button disabled={busy} onClick={() => void remove()}>
            {t.talk.card.blackRemove}
          </Button>
        )}
        {off.length > 0 && listed && (
          <Button look="danger" disabled={busy} onClick={() => void add()}>
            {t.talk.card.blackDo}
          </Button>
        )}
      </div>
    </Dialog>
  )
}

async function readListed(): Promise<ReadonlySet<string>> {
  const entries = new Set<string>()
  let cursor: string | undefined
  for (let page = 0; page < PAGES; page++) {
    const { items, next } = await ask(api.GET('/api/v1/blacklist', { params: { query: { limit: 100, cursor } } }))
    for (const { entry } of items) entries.add(entry)
    cursor = next ?? undefined
    if (!cursor) break
  }
  return entries
}
