import { useCallback, useEffect, useRef, useState } from 'react'
import { tellRefusal, whyRefused } from '../../kit/ui/toast'

export interface Paged<T> {
  items: T[]
  next?: string | null
}

/** A list that comes in pages: the first at once, the others when they are asked for. */
export function usePages<T>(read: (cursor: string | undefined) => Promise<Paged<T>>, of = '') {
  const [items, setItems] = useState<T[] | null>(null)
  const [next, setNext] = useState<string | null>(null)
  const [fault, setFault] = useState('')
  const [busy, setBusy] = useState(false)
  const round = useRef(0)
  const held = useRef(read)
  held.current = read
  const again = useCallback(async () => {
    const mine = ++round.current
    await held.current(undefined).then(
      (page) => {
        if (mine !== round.current) return
        setItems(page.items)
        setNext(page.next ?? null)
        setFault('')
      },
      (error: unknown) => {
        if (mine === round.current) setFault(whyRefused(error))
      },
    )
  }, [])
  useEffect(() => void again(), [again, of])
  const more = () => {
    if (!next || busy) return
    const mine = round.current
    setBusy(true)
    held.current(next).then(
      (page) => {
        setBusy(false)
        if (mine !== round.current) return
        setItems((now) => [...(now ?? []), ...page.items])
        setNext(page.next ?? null)
      },
      (error: unknown) => {
        setBusy(false)
        tellRefusal(error)
      },
    )
  }
  return { items, setItems, next: next !== null, more, again, fault, busy }
}

/** All pages of a list that is short by its nature: employees, groups, tags. */
export async function readAll<T>(read: (cursor: string | undefined) => Promise<Paged<T>>): Promise<T[]> {
  const all: T[] = []
  let cursor: string | undefined
  for (let page = 0; page < 20; page++) {
    const { items, next } = await read(cursor)
    all.push(...items)
    if (!next) break
    cursor = next
  }
  return all
}
