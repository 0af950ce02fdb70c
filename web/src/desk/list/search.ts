import { useCallback, useEffect, useRef, useState } from 'react'
import { api, ask, Refused } from '../../kit/api/client'
import type { Found, FoundMessage } from '../../kit/api/types'
import { whyRefused } from '../../kit/ui/toast'

const PAUSE = 200
const PAGE = 30

export interface Search {
  /** What these results are for: the query before it, while the new one is on its way. */
  query: string
  found: Found | null
  messages: readonly FoundMessage[]
  more: (() => void) | null
  busy: boolean
  fault: string
}

/** A query as the server wants it: `№ 12` and `чат 12` name a conversation as `#12` does. */
export function asAsked(query: string): string {
  const number = /^(?:[№#]|no\.?|чат|chat)\s*№?\s*(\d{1,12})$/i.exec(query.trim())
  return number ? `#${number[1]}` : query.trim()
}

/** Asks the server what was typed, a moment after the last letter; older answers are dropped. */
export function useSearch(query: string): Search {
  const [state, setState] = useState<{ query: string; found: Found; messages: FoundMessage[]; next: string | null } | null>(null)
  const [fault, setFault] = useState('')
  const [busy, setBusy] = useState(false)
  const round = useRef(0)

  useEffect(() => {
    const mine = ++round.current
    const abort = new AbortController()
    setBusy(true)
    const timer = setTimeout(() => {
      const params = { query: { q: asAsked(query), limit: PAGE } }
      ask(api.GET('/api/v1/search', { params, signal: abort.signal })).then(
        (found) => {
          if (mine !== round.current) return
          setFault('')
          setBusy(false)
          setState({ query, found, messages: found.messages, next: found.next ?? null })
        },
        (error: unknown) => {
          if (mine !== round.current || abort.signal.aborted) return
          setBusy(false)
          setFault(whyRefused(error))
        },
      )
    }, PAUSE)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [query])

  const next = state?.next
  const more = useCallback(() => {
    if (!next || !state) return
    const mine = round.current
    setBusy(true)
    const params = { query: { q: asAsked(state.query), limit: PAGE, cursor: next } }
    ask(api.GET('/api/v1/search', { params })).then(
      (page) => {
        if (mine !== round.current) return
        setBusy(false)
        setState((held) => held && { ...held, messages: [...held.messages, ...page.messages], next: page.next ?? null })
      },
      (error: unknown) => {
        setBusy(false)
        if (!(error instanceof Refused)) throw error
        setFault(whyRefused(error))
      },
    )
  }, [next, state])

  return {
    query: state?.query ?? '',
    found: state?.found ?? null,
    messages: state?.messages ?? [],
    more: next ? more : null,
    busy,
    fault,
  }
}
