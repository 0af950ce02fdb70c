// The weight of what a page loads first, against the bars. Ends with a fault when one is passed.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const dist = new URL('../dist/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist)))
const gz = (file) => gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length

/** A chunk with all that it imports at once. */
function closure(name, seen = new Set()) {
  const chunk = manifest[name]
  if (!chunk || seen.has(name)) return seen
  seen.add(name)
  for (const other of chunk.imports ?? []) closure(other, seen)
  return seen
}

/** What a chunk imports when it is needed, by whatever it imports at once. */
const later = (names) => [...new Set([...names].flatMap((name) => manifest[name].dynamicImports ?? []))]
const sum = (names) => [...names].reduce((total, name) => total + gz(manifest[name].file), 0)

const entry = closure('index.html')
const desk = closure('src/desk/desk.tsx', new Set(entry))
const frame = closure('src/cabinet/cabinet.tsx')
// Each page of the cabinet is loaded on top of the frame around it. The kit that both faces share (Base
// UI above all) is weighed with the desk, which has all of it.
const routes = later(frame)
  .filter((name) => name.startsWith('src/cabinet/'))
  .map((name) => ({ name, bytes: sum([...closure(name)].filter((one) => !desk.has(one) && !frame.has(one))) }))
const heaviest = routes.reduce((most, one) => (one.bytes > most.bytes ? one : most), { name: 'none', bytes: 0 })
const styles = new Set(Object.values(manifest).flatMap((chunk) => chunk.css ?? []))
const css = [...styles].reduce((total, file) => total + gz(file), 0)

const bars = [
  ['desk, first JS', sum(desk), 190],
  ['cabinet, the frame', sum([...frame].filter((one) => !desk.has(one))), 60],
  [`cabinet, its heaviest route (${heaviest.name.replace('src/cabinet/', '')}, of ${routes.length})`, heaviest.bytes, 60],
  ['CSS', css, 20],
]
let passed = 0
for (const [what, bytes, bar] of bars) {
  const fits = bytes > 0 && bytes <= bar * 1024
  if (fits) passed++
  console.log(`${fits ? 'ok  ' : 'OVER'} ${what}: ${(bytes / 1024).toFixed(1)} kB gz of ${bar}`)
}
console.log(`${passed} passed, ${bars.length - passed} failed`)
process.exitCode = passed === bars.length ? 0 : 1
