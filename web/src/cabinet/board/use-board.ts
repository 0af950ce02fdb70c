import { useEffect, useRef } from 'react'
import { useFeed } from '../feed'
import { useLoaded } from '../load'
import { paced } from '../pace'
import { readBoard } from './api'

const PAUSE = 1500
const EVERY = 15_000

/** The figures as they are: read anew when something happens, and every fifteen seconds besides. */
export function useBoard(on = true) {
  const loaded = useLoaded(async () => (on ? await readBoard() : null))
  const { again } = loaded
  const pace = useRef<ReturnType<typeof paced> | null>(null)
  pace.current ??= paced(again, PAUSE)
  useEffect(() => {
    if (!on) return
    const timer = setInterval(() => document.hidden || pace.current?.ask(), EVERY)
    const shown = () => document.hidden || pace.current?.ask()
    document.addEventListener('visibilitychange', shown)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', shown)
      pace.current?.stop()
    }
  }, [on])
  useFeed((frame) => {
    if (on && frame.kind !== 'contact.changed' && !document.hidden) pace.current?.ask()
  })
  return loaded
}
