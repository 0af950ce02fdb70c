// Accessibility by axe-core: no fault by the rules of WCAG A and AA and axe's own practices.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** Fails with what is wrong and where. `target` is a page or a frame. */
export async function accessible(target, what = 'the page') {
  await target.evaluate(source)
  const { violations } = await target.evaluate(
    (rules) => globalThis.axe.run(document, { runOnly: rules, resultTypes: ['violations'] }),
    RULES,
  )
  if (violations.length === 0) return
  const told = violations.map((v) => {
    const nodes = v.nodes.slice(0, 3).map((n) => `      ${n.html.slice(0, 200)}\n        ${n.failureSummary?.split('\n').at(1)?.trim() ?? ''}`)
    return `    ${v.id} (${v.nodes.length}): ${v.help}\n${nodes.join('\n')}`
  })
  throw new Error(`${what} has ${violations.length} faults of accessibility\n${told.join('\n')}`)
}
