// Two pictures of a screen: the one that is kept and the one that was taken now.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import pixelmatch from 'pixelmatch'
import { PNG } from 'pngjs'
import { shots } from './stage.mjs'

/** How far two colours may be apart (0 to 1), and how many pixels may. */
const THRESHOLD = 0.1
const DIFFERENT = 0.001

export const baselines = join(import.meta.dirname, '../baselines')

export function keep(file, bytes) {
  mkdirSync(dirname(file), { recursive: true })
  const picture = PNG.sync.read(bytes)
  // Opaque, so three channels do; packed as small as it goes.
  writeFileSync(file, PNG.sync.write(picture, { colorType: 2, deflateLevel: 9 }))
}

/** Throws when the pictures differ, and leaves both and the difference to look at. */
export function same(file, bytes, name) {
  if (!existsSync(file)) throw new Error(`There is no baseline of it yet: look at it, then \`npm run baselines\`.`)
  const kept = PNG.sync.read(readFileSync(file))
  const now = PNG.sync.read(bytes)
  const { width, height } = kept
  if (width !== now.width || height !== now.height) {
    throw new Error(`It is ${now.width}x${now.height} now and was ${width}x${height}.`)
  }
  const difference = new PNG({ width, height })
  const pixels = pixelmatch(kept.data, now.data, difference.data, width, height, { threshold: THRESHOLD })
  if (pixels <= DIFFERENT * width * height) return
  writeFileSync(join(shots, `visual-${name}-was.png`), readFileSync(file))
  writeFileSync(join(shots, `visual-${name}-is.png`), bytes)
  writeFileSync(join(shots, `visual-${name}-differs.png`), PNG.sync.write(difference))
  const part = ((100 * pixels) / (width * height)).toFixed(2)
  throw new Error(`${part} % of it differ: look at ${shots}/visual-${name}-*.png; if that is meant, \`npm run baselines\`.`)
}
