/** The shape of a sound for the eye: the loudest of each stretch, from 0 to 1. Quiet recordings are
 * drawn as tall as loud ones; silence stays low. */
export function peaks(samples: ArrayLike<number>, bars: number): number[] {
  if (samples.length === 0 || bars <= 0) return []
  const heights: number[] = []
  for (let bar = 0; bar < bars; bar++) {
    const from = Math.floor((bar * samples.length) / bars)
    const to = Math.max(from + 1, Math.floor(((bar + 1) * samples.length) / bars))
    // A few hundred samples of a stretch say enough of it.
    const step = Math.max(1, Math.floor((to - from) / 400))
    let top = 0
    for (let at = from; at < to && at < samples.length; at += step) top = Math.max(top, Math.abs(samples[at] ?? 0))
    heights.push(top)
  }
  const loudest = Math.max(...heights)
  // Below a hundredth of full scale there is nothing but noise.
  return loudest < 0.01 ? heights.map(() => 0) : heights.map((height) => height / loudest)
}

export interface Wave {
  heights: number[]
  seconds: number
}

export const BARS = 44
const LARGEST = 8 * 1024 * 1024
const kept = new Map<string, Promise<Wave | null>>()
/** One recording at a time: decoding takes the processor. */
let line: Promise<unknown> = Promise.resolve()

/** Reads and decodes a recording once; `null` where that is not possible: it still plays. */
export function waveOf(id: string, url: string, size: number | null | undefined): Promise<Wave | null> {
  let wave = kept.get(id)
  if (!wave) {
    wave = size && size > LARGEST ? Promise.resolve(null) : line.then(() => decode(url)).catch(() => null)
    line = wave
    kept.set(id, wave)
  }
  return wave
}

async function decode(url: string): Promise<Wave | null> {
  const response = await fetch(url)
  if (!response.ok) return null
  // An offline context decodes without leave to make a sound; a low rate is enough to draw.
  const context = new OfflineAudioContext(1, 1, 8000)
  const sound = await context.decodeAudioData(await response.arrayBuffer())
  return { heights: peaks(sound.getChannelData(0), BARS), seconds: sound.duration }
}
