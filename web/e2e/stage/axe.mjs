// Accessibility by axe-core: no fault by the rules of WCAG A and AA and axe's own practices.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** What a rule says of these is no fault. Base UI's guards hand the focus on and never keep it; a menu
 * hangs at the end of the page while it is open, outside of landmarks, and has the focus. */
const ACCEPTED = { 'aria-hidden-focus': '[data-base-ui-focus-guard]', region: '[role=menu], [role=listbox]' }

/** Fails with what is wrong and where. `target` is a page or a frame; `only` names single rules. */
export async function accessible(target, what = 'the page', only) {
  await target.evaluate(source)
  const violations = await target.evaluate(
    async ([runOnly, accepted]) => {
      const { violations } = await globalThis.axe.run(document, { runOnly, resultTypes: ['violations'] })
      const is = (id, node) => {
        const element = typeof node.target[0] === 'string' && document.querySelector(node.target[0])
        return element && accepted[id] && element.closest(accepted[id])
      }
      return violations
        .map(({ id, help, nodes }) => ({ id, help, nodes: nodes.filter((node) => !is(id, node)) }))
        .filter(({ nodes }) => nodes.length > 0)
        .map(({ nodes, ...rest }) => ({
          ...rest,
          nodes: nodes.map(({ html, failureSummary }) => ({ html, failureSummary })),
        }))
    },
    [only ? { type: 'rule', values: only } : RULES, ACCEPTED],
  )
  if (violations.length === 0) return
  const told = violations.map((v) => {
    const nodes = v.nodes.slice(0, 3).map((n) => `      ${n.html.slice(0, 200)}\n        ${n.failureSummary?.split('\n').at(1)?.trim() ?? ''}`)
    return `    ${v.id} (${v.nodes.length}): ${v.help}\n${nodes.join('\n')}`
  })
  throw new Error(`${what} has ${violations.length} faults of accessibility\n${told.join('\n')}`)
}
