import { useEffect, useRef } from 'react'
import type { EventFrame } from '../kit/api/types'
import { useFeed } from './feed'
import { paced } from './pace'

/** A busy company does many things a second: a page is read anew at most so often. */
const PAUSE = 700

/** Reads a page anew, by `act`, when something happens that concerns it. */
export function useChanges(act: () => unknown, concerns: (frame: EventFrame) => boolean) {
  const held = useRef(act)
  held.current = act
  const pace = useRef<ReturnType<typeof paced> | null>(null)
  pace.current ??= paced(() => held.current(), PAUSE)
  useFeed((frame) => {
    if (frame.kind === 'resync' || concerns(frame)) pace.current?.ask()
  })
  useEffect(() => () => pace.current?.stop(), [])
}
