// Every browser test: `node e2e/run.mjs [AREA…]`; `--update` keeps new pictures (visual.mjs). The last line is "N passed, N failed".
import { readdirSync } from 'node:fs'
import { launch } from './stage/browser.mjs'
import { openServer } from './stage/server.mjs'
import { Stage } from './stage/stage.mjs'

const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const update = process.argv.includes('--update')
const files = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.mjs') && file !== 'run.mjs')
  .sort()
  .filter((file) => wanted.length === 0 || wanted.includes(file.replace(/\.mjs$/, '')))

let passed = 0
let failed = 0
let server
let browser
try {
  if (files.length === 0) throw new Error(`no area is called ${wanted.join(', ')}`)
  server = await openServer()
  browser = await launch()
  for (const file of files) {
    const area = file.replace(/\.mjs$/, '')
    const stage = new Stage(area, server, browser, update)
    try {
      const { run } = await import(`./${file}`)
      if (run) await stage.perform(run)
    } catch (error) {
      stage.failed++
      console.log(`FAIL ${area}: ${error?.stack ?? error}`)
    }
    passed += stage.passed
    failed += stage.failed
  }
} catch (error) {
  failed++
  console.log(`FAIL ${error?.stack ?? error}`)
} finally {
  await browser?.close().catch(() => {})
  await server?.close()
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed ? 1 : 0
