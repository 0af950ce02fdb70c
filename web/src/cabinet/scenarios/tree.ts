import type { Scenario, Step } from './model'

/**
 * Edits of a scenario, pure: each gives a new tree and shares what did not change.
 *
 * A place is a JSON pointer, as the server names it in its problems. A list: `/steps`,
 * `/steps/0/then`, `/steps/2/answer/then/steps`. A step: its list and its number, `/steps/0/then/1`.
 */
export type Pointer = string

export const ROOT: Pointer = '/steps'

export type BranchName = 'then' | 'otherwise' | 'unanswered' | 'nobody'

/** The lists below a step, in the order in which they are drawn. */
export function branches(step: Step, at: Pointer): { name: BranchName; list: Pointer; steps: Step[] }[] {
  if (step.do === 'if') {
    return [
      { name: 'then', list: `${at}/then`, steps: step.then },
      { name: 'otherwise', list: `${at}/otherwise`, steps: step.otherwise },
    ]
  }
  if (step.do !== 'distribute') return []
  const found: ReturnType<typeof branches> = []
  if (step.answer?.then.go === 'steps') {
    found.push({ name: 'unanswered', list: `${at}/answer/then/steps`, steps: step.answer.then.steps })
  }
  if (step.nobody_online.go === 'steps') {
    found.push({ name: 'nobody', list: `${at}/nobody_online/steps`, steps: step.nobody_online.steps })
  }
  return found
}

/** Whether nothing that follows in the same list can ever run; the server's rule. */
export function ends(step: Step): boolean {
  if (step.do === 'if') return step.then.some(ends) && step.otherwise.some(ends)
  return step.do === 'distribute' || step.do === 'close'
}

/** Every step with its place, from the top down, a step before what is below it. */
export function walk(tree: Scenario): { at: Pointer; step: Step }[] {
  const found: { at: Pointer; step: Step }[] = []
  const go = (list: Pointer, steps: Step[]) =>
    steps.forEach((step, n) => {
      const at = `${list}/${n}`
      found.push({ at, step })
      for (const branch of branches(step, at)) go(branch.list, branch.steps)
    })
  go(ROOT, tree.steps)
  return found
}

export function split(at: Pointer): { list: Pointer; index: number } {
  const cut = at.lastIndexOf('/')
  return { list: at.slice(0, cut), index: Number(at.slice(cut + 1)) }
}

const STEP_END = /^(?:steps|then|otherwise)$/

/** The innermost step that a place lies in: a field's, a condition's, or its own. */
export function stepOf(place: Pointer): Pointer | null {
  const parts = place.split('/')
  for (let n = parts.length - 1; n > 1; n--) {
    if (/^\d+$/.test(parts[n] ?? '') && STEP_END.test(parts[n - 1] ?? '')) return parts.slice(0, n + 1).join('/')
  }
  return null
}

/** Whether `place` is `at` itself or lies below it. */
export const within = (place: Pointer, at: Pointer) => place === at || place.startsWith(`${at}/`)

type Node = unknown

/** Whatever stands at a place: a step, a list, a field. */
export function valueAt(tree: Scenario, pointer: Pointer): Node {
  let node: Node = tree
  for (const part of pointer.split('/').slice(1)) {
    if (typeof node !== 'object' || node === null) return undefined
    node = (node as Record<string, Node>)[part]
  }
  return node
}

export function stepAt(tree: Scenario, at: Pointer): Step | undefined {
  const node = valueAt(tree, at)
  return typeof node === 'object' && node !== null && 'do' in node ? (node as Step) : undefined
}

export function listAt(tree: Scenario, list: Pointer): Step[] | undefined {
  const node = valueAt(tree, list)
  return Array.isArray(node) ? (node as Step[]) : undefined
}

/** The tree with another value at a place; lists and objects on the way are copied, no others. */
function write(node: Node, parts: string[], value: Node): Node {
  const [part, ...rest] = parts
  if (part === undefined) return value
  if (Array.isArray(node)) return node.map((one, n) => (n === Number(part) ? write(one, rest, value) : one))
  const object = node as Record<string, Node>
  return { ...object, [part]: write(object[part], rest, value) }
}

function withList(tree: Scenario, list: Pointer, change: (steps: Step[]) => Step[]): Scenario {
  const steps = listAt(tree, list)
  return steps ? (write(tree, list.split('/').slice(1), change(steps)) as Scenario) : tree
}

export const insert = (tree: Scenario, list: Pointer, index: number, step: Step): Scenario =>
  withList(tree, list, (steps) => steps.toSpliced(index, 0, step))

export function replace(tree: Scenario, at: Pointer, step: Step): Scenario {
  return stepAt(tree, at) ? (write(tree, at.split('/').slice(1), step) as Scenario) : tree
}

export function remove(tree: Scenario, at: Pointer): Scenario {
  const { list, index } = split(at)
  return withList(tree, list, (steps) => steps.toSpliced(index, 1))
}

/** A copy right below the step; the server keeps no ids of steps, so nothing else is to be made. */
export function duplicate(tree: Scenario, at: Pointer): { tree: Scenario; at: Pointer } {
  const step = stepAt(tree, at)
  if (!step) return { tree, at }
  const { list, index } = split(at)
  return { tree: insert(tree, list, index + 1, structuredClone(step)), at: `${list}/${index + 1}` }
}

/** Whether a step may stand there: anywhere but below itself and where it stands already. */
export function mayMove(at: Pointer, list: Pointer, index: number): boolean {
  const from = split(at)
  if (within(list, at)) return false
  return from.list !== list || (index !== from.index && index !== from.index + 1)
}

/**
 * Moves a step before the step `index` of `list`. Both places are those before the move; the place
 * told back is the one after it.
 */
export function move(tree: Scenario, at: Pointer, list: Pointer, index: number): { tree: Scenario; at: Pointer } {
  const step = stepAt(tree, at)
  if (!step || !mayMove(at, list, index)) return { tree, at }
  const from = split(at)
  // What the removal shifts: later steps of the same list, and lists below them.
  const target = shifted(`${list}/${index}`, from)
  const place = split(target)
  return { tree: insert(remove(tree, at), place.list, place.index, step), at: target }
}

function shifted(place: Pointer, removed: { list: Pointer; index: number }): Pointer {
  if (!place.startsWith(`${removed.list}/`)) return place
  const rest = place.slice(removed.list.length + 1).split('/')
  const index = Number(rest[0])
  if (!Number.isInteger(index) || index <= removed.index) return place
  return [removed.list, index - 1, ...rest.slice(1)].join('/')
}

/** One place up or down; at the edge of a branch the step goes out of it, before or after its parent. */
export function nudge(tree: Scenario, at: Pointer, way: 'up' | 'down'): { tree: Scenario; at: Pointer } {
  const { list, index } = split(at)
  const length = listAt(tree, list)?.length ?? 0
  if (way === 'up' && index > 0) return move(tree, at, list, index - 1)
  if (way === 'down' && index < length - 1) return move(tree, at, list, index + 2)
  const parent = stepOf(list)
  if (!parent) return { tree, at }
  const outer = split(parent)
  return move(tree, at, outer.list, way === 'up' ? outer.index : outer.index + 1)
}

/** Where an arrow leads from a step: along what is drawn. `null` at an edge. */
export function neighbour(tree: Scenario, at: Pointer, way: 'up' | 'down' | 'left' | 'right'): Pointer | null {
  const { list, index } = split(at)
  const step = stepAt(tree, at)
  const parent = stepOf(list)
  const first = (steps: Step[], below: Pointer) => (steps.length > 0 ? `${below}/0` : null)
  if (way === 'up') return index > 0 ? `${list}/${index - 1}` : parent
  if (way === 'left' || way === 'right') {
    const inner = step ? branches(step, at) : []
    // One lane goes straight down; of two the last stands to the right.
    if (inner.length > 1 && way === 'right') {
      const last = inner.at(-1)
      const found = last && first(last.steps, last.list)
      if (found) return found
    }
    if (!parent) return null
    const holder = stepAt(tree, parent)
    const lanes = holder ? branches(holder, parent) : []
    const mine = lanes.findIndex((one) => one.list === list)
    const next = lanes[mine + (way === 'left' ? -1 : 1)]
    return next ? first(next.steps, next.list) : way === 'left' ? parent : null
  }
  for (const branch of step ? branches(step, at) : []) {
    const found = first(branch.steps, branch.list)
    if (found) return found
  }
  let here: Pointer | null = at
  while (here) {
    const place: { list: Pointer; index: number } = split(here)
    const next = `${place.list}/${place.index + 1}`
    if (stepAt(tree, next)) return next
    here = stepOf(place.list)
  }
  return null
}

/** What to choose after a step is gone: the one in its place, the one before it, or what holds them. */
export function afterRemoval(tree: Scenario, at: Pointer): Pointer | null {
  const { list, index } = split(at)
  const length = listAt(tree, list)?.length ?? 0
  if (length === 0) return stepOf(list)
  return `${list}/${Math.min(index, length - 1)}`
}
