import { useEffect, useState } from 'react'
import { api, ask } from '../../kit/api/client'
import type { Attachment } from '../../kit/api/types'

/** Signed addresses end after about an hour; ours are kept for less. */
const KEEP = 40 * 60_000
const kept = new Map<string, { url: string; until: number }>()

function held(id: string): string | null {
  const one = kept.get(id)
  return one && one.until > Date.now() ? one.url : null
}

function keep(id: string, url: string) {
  kept.set(id, { url, until: Date.now() + KEEP })
}

/** The address of a stored file, asked for where it did not come with the message. */
export async function attachmentUrl(id: string): Promise<string | null> {
  const known = held(id)
  if (known) return known
  const fresh = await ask(api.GET('/api/v1/attachments/{attachment_id}', { params: { path: { attachment_id: id } } }))
  if (fresh.url) keep(id, fresh.url)
  return fresh.url ?? null
}

export function useUrl(file: Attachment): string | null {
  const id = file.attachment_id
  const ready = file.state === 'stored'
  const [url, setUrl] = useState<string | null>(() => {
    const known = held(id)
    if (!known && file.url) keep(id, file.url)
    return known ?? file.url ?? null
  })
  useEffect(() => {
    if (url || !ready) return
    let gone = false
    attachmentUrl(id).then(
      (fresh) => !gone && setUrl(fresh),
      () => {
        // The file is shown without its picture; opening it asks again.
      },
    )
    return () => {
      gone = true
    }
  }, [id, url, ready])
  return url
}
