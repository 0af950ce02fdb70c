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

const sum = (names) => [...names].reduce((total, name) => total + gz(manifest[name].file), 0)
const entry = closure('index.html')
const desk = closure('src/desk/desk.tsx', new Set(entry))
const cabinet = [...closure('src/cabinet/cabinet.tsx')].filter((name) => !entry.has(name))
const styles = new Set([...desk, ...cabinet].flatMap((name) => manifest[name].css ?? []))
const css = [...styles].reduce((total, file) => total + gz(file), 0)

const bars = [
  ['desk, first JS', sum(desk), 190],
  ['cabinet, its own JS', sum(cabinet), 60],
  ['CSS', css, 20],
]
let passed = 0
for (const [what, bytes, bar] of bars) {
  const fits = bytes <= bar * 1024
  if (fits) passed++
  console.log(`${fits ? 'ok  ' : 'OVER'} ${what}: ${(bytes / 1024).toFixed(1)} kB gz of ${bar}`)
}
console.log(`${passed} passed, ${bars.length - passed} failed`)
process.exitCode = passed === bars.length ? 0 : 1
