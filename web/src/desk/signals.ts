import { useEffect } from 'react'
import { t } from '../kit/i18n'
import { useDeskState } from './context'
import type { Desk } from './store/desk'

const KEY = 'beseda.mute'
export const isMuted = () => localStorage.getItem(KEY) === 'yes'
export const setMuted = (muted: boolean) => localStorage.setItem(KEY, muted ? 'yes' : 'no')

let audio: AudioContext | null = null

/** A short knock, made here, so that no file is fetched. Silent until the page was touched once:
 * browsers want it so. */
function knock() {
  audio ??= new AudioContext()
  if (audio.state === 'suspended') return void audio.resume()
  const at = audio.currentTime
  for (const [delay, pitch] of [
    [0, 880],
    [0.12, 1175],
  ] as const) {
    const tone = audio.createOscillator()
    const gain = audio.createGain()
    tone.frequency.value = pitch
    gain.gain.setValueAtTime(0.0001, at + delay)
    gain.gain.exponentialRampToValueAtTime(0.12, at + delay + 0.01)
    gain.gain.exponentialRampToValueAtTime(0.0001, at + delay + 0.18)
    tone.connect(gain).connect(audio.destination)
    tone.start(at + delay)
    tone.stop(at + delay + 0.2)
  }
}

/** The count in the title of the page, and the sound of a message while nobody looks at it. */
export function useSignals(desk: Desk) {
  const waiting = useDeskState((state) => state.counts?.new ?? 0)
  useEffect(() => {
    document.title = waiting > 0 ? `(${waiting}) ${t.desk.title}` : t.desk.title
  }, [waiting])
  useEffect(() => {
    let last = 0
    desk.onFacts = (facts) => {
      if (!facts.some((fact) => fact.kind === 'message.created' && fact.data.message.direction === 'inbound')) return
      const now = Date.now()
      if (isMuted() || desk.state.me.presence !== 'online' || now - last < 2000) return
      if (document.hasFocus() && desk.state.open) return
      last = now
      knock()
    }
    return () => {
      desk.onFacts = null
    }
  }, [desk])
}
