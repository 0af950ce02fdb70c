import { useEffect } from 'react'
import { t } from '../kit/i18n'
import { useDeskState } from './context'
import type { Notices } from './notices'
import { allowSound, ring } from './sounds'
import type { Desk } from './store/desk'
import { newsOf } from './store/news'

/** A new chat calls again until somebody takes it. */
const REPEAT = 15_000
/** Sounds come no closer than this. */
const APART = 2000

/** The count in the title and on the icon, sounds, notifications. Silent off the line. */
export function useSignals(desk: Desk, open: (id: string) => void) {
  const waiting = useDeskState((state) => state.counts?.new ?? 0)
  const online = useDeskState((state) => state.me.presence === 'online')
  const repeats = useDeskState((state) => state.preferences.sounds.newChat)

  useEffect(() => {
    document.title = waiting > 0 ? `(${waiting}) ${t.desk.title}` : t.desk.title
    let gone = false
    void import('./badge').then(({ showBadge }) => !gone && showBadge(waiting))
    return () => {
      gone = true
    }
  }, [waiting])
  useEffect(() => () => void import('./badge').then(({ showBadge }) => showBadge(0)), [])

  const calls = waiting > 0 && online && repeats
  useEffect(() => {
    if (!calls) return
    const timer = setInterval(() => ring('newChat'), REPEAT)
    return () => clearInterval(timer)
  }, [calls])

  useEffect(() => {
    let notices: Notices | null = null
    let gone = false
    void import('./notices').then(({ Notices }) => {
      if (!gone) notices = new Notices(open)
    })
    let last = 0
    desk.onFacts = (facts, before) => {
      const { state } = desk
      if (state.me.presence !== 'online') return
      const looked = !document.hidden && document.hasFocus() ? state.open : null
      const news = newsOf(facts, before, state).filter((one) => one.kind === 'newChat' || one.conversation_id !== looked)
      if (news.length === 0) return
      if (document.hidden && state.preferences.notices && 'Notification' in window) notices?.add(news)
      const { sounds } = state.preferences
      const sound = news.some((one) => one.kind === 'newChat') && sounds.newChat ? 'newChat' : sounds.message ? 'message' : null
      const now = Date.now()
      if (!sound || now - last < APART) return
      if (ring(sound)) last = now
    }
    return () => {
      desk.onFacts = null
      gone = true
      notices?.end()
    }
  }, [desk, open])

  useEffect(() => {
    // The first touch lets sounds play, whatever was touched.
    const touched = () => void allowSound()
    addEventListener('pointerdown', touched, { once: true })
    addEventListener('keydown', touched, { once: true })
    return () => {
      removeEventListener('pointerdown', touched)
      removeEventListener('keydown', touched)
    }
  }, [])
}
