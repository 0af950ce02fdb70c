/** Sounds of the desk, made here: no file is fetched. Of several tabs one plays: the first that the
 * browser lets play, which is one that a person touched. */
import { useSyncExternalStore } from 'react'

export type Sound = 'newChat' | 'message'

const MUTE = 'beseda.mute'
/** A tone: when it begins, its pitch, how loud, how long. */
type Tone = [delay: number, pitch: number, gain: number, length: number]

const TONES: Record<Sound, Tone[]> = {
  newChat: [
    [0, 784, 0.16, 0.22],
    [0.14, 988, 0.16, 0.22],
    [0.28, 1319, 0.16, 0.34],
  ],
  message: [[0, 880, 0.05, 0.16]],
}

let audio: AudioContext | null = null
let bell = false
let blocked = false
let muted = localStorage.getItem(MUTE) === 'yes'
const listeners = new Set<() => void>()
const tell = () => listeners.forEach((listener) => listener())
const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

export const useMuted = () => useSyncExternalStore(subscribe, () => muted)
export const isMuted = () => muted

/** On this device, until it is turned on again. */
export function setMuted(on: boolean) {
  muted = on
  localStorage.setItem(MUTE, on ? 'yes' : 'no')
  if (!on) void allowSound()
  tell()
}

/** Whether a sound was due and the browser kept it back. */
export const useBlocked = () => useSyncExternalStore(subscribe, () => blocked)

function setBlocked(on: boolean) {
  if (blocked === on) return
  blocked = on
  tell()
}

/** Called from a click or a key: only then browsers let a page sound. */
export async function allowSound() {
  try {
    audio ??= new AudioContext()
    if (audio.state !== 'running') await audio.resume()
  } catch {
    return
  }
  if (audio.state !== 'running') return
  setBlocked(false)
  takeBell()
}

let asked = false

function takeBell() {
  if (asked) return
  asked = true
  const locks: LockManager | undefined = navigator.locks
  if (!locks) {
    bell = true
    return
  }
  void locks.request('beseda.bell', () => {
    bell = true
    // Held as long as the page lives.
    return new Promise(() => {})
  })
}

async function somebodyRings(): Promise<boolean> {
  const held = await navigator.locks?.query()
  return held?.held?.some((lock) => lock.name === 'beseda.bell') ?? false
}

/** Plays, if it is this tab's turn; whether it did. */
export function ring(sound: Sound): boolean {
  if (muted) return false
  if (audio?.state === 'running') {
    if (bell) tones(sound)
    return bell
  }
  void somebodyRings().then((rings) => {
    if (!rings) setBlocked(true)
  })
  return false
}

/** Plays at once, for a person who wants to know how it sounds. */
export async function listen(sound: Sound) {
  await allowSound()
  tones(sound)
}

function tones(sound: Sound) {
  if (!audio) return
  const at = audio.currentTime
  for (const [delay, pitch, loud, length] of TONES[sound]) {
    const tone = audio.createOscillator()
    const gain = audio.createGain()
    tone.type = 'sine'
    tone.frequency.value = pitch
    gain.gain.setValueAtTime(0.0001, at + delay)
    gain.gain.exponentialRampToValueAtTime(loud, at + delay + 0.012)
    gain.gain.exponentialRampToValueAtTime(0.0001, at + delay + length)
    tone.connect(gain).connect(audio.destination)
    tone.start(at + delay)
    tone.stop(at + delay + length + 0.02)
  }
}
