import { useEffect, useRef } from 'react'
import { useFeed } from '../feed'

/** So long changes are gathered before something is read anew: a busy company decides many times a second. */
const GATHERED = 700

/** Something of portals or of their settings changed; not what is passed on. */
export function usePortalChanges(act: () => void) {
  useGathered(act, (frame) => frame.kind === 'crm.changed' && !frame.data.conversation_id)
}

/** Anything happened between us and a CRM. */
export function useCrmChanges(act: () => void) {
  useGathered(act, (frame) => frame.kind === 'crm.changed')
}

type Frame = Parameters<Parameters<typeof useFeed>[0]>[0]

function useGathered(act: () => void, concerns: (frame: Frame) => boolean) {
  const held = useRef(act)
  held.current = act
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useFeed((frame) => {
    if (frame.kind !== 'resync' && !concerns(frame)) return
    timer.current ??= setTimeout(() => {
      timer.current = undefined
      held.current()
    }, GATHERED)
  })
  useEffect(() => () => clearTimeout(timer.current), [])
}
