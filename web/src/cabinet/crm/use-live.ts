import { useCallback, useEffect, useRef, useState } from 'react'
import { tellRefusal } from '../../kit/ui/toast'
import { readDirectory, refreshDirectory } from './api'
import { isNewer } from './places'
import { usePortalChanges } from './use-changes'
import type { Directory } from './views'

export const nothing: Directory = { users: [], pipelines: [], fields: [], task_types: [] }

export interface Live {
  /** What the CRM has, as far as we know. */
  directory: Directory
  /** Nothing was ever read. */
  empty: boolean
  state: 'refreshing' | 'fresh' | 'old'
  refresh: () => Promise<void>
}

/**
 * People, funnels and fields of a portal: what is kept at once, and what the CRM has now as soon as it
 * answers (AMO-10: the list is refreshed when the page opens, and when the portal works again).
 */
export function useLive(portal: string, works: boolean): Live {
  const [directory, setDirectory] = useState<Directory>(nothing)
  const [state, setState] = useState<Live['state']>('refreshing')
  const round = useRef(0)
  const refresh = useCallback(async () => {
    const mine = ++round.current
    setState('refreshing')
    try {
      const fresh = await refreshDirectory(portal)
      if (mine !== round.current) return
      setDirectory({ ...nothing, ...fresh })
      setState('fresh')
    } catch (error) {
      if (mine === round.current) setState('old')
      throw error
    }
  }, [portal])
  useEffect(() => {
    let fresh = false
    setDirectory(nothing)
    readDirectory(portal).then(
      (kept) => !fresh && setDirectory({ ...nothing, ...kept }),
      () => {},
    )
    refresh().then(
      () => (fresh = true),
      () => {},
    )
    return () => {
      fresh = true
      round.current++
    }
  }, [portal, refresh])
  const worked = useRef(works)
  useEffect(() => {
    if (works && !worked.current) refresh().catch(() => {})
    worked.current = works
  }, [works, refresh])
  // Somebody else had them pulled, or they were pulled by the clock.
  usePortalChanges(() => {
    const mine = round.current
    return readDirectory(portal).then(
      (kept) => {
        if (mine !== round.current || !isNewer(kept, directory)) return
        setDirectory({ ...nothing, ...kept })
        setState((now) => (now === 'old' ? 'fresh' : now))
      },
      () => {},
    )
  })
  return {
    directory,
    empty: directory.users.length === 0 && directory.pipelines.length === 0,
    state,
    refresh: () => refresh().catch(tellRefusal),
  }
}
