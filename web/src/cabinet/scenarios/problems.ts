import type { Words } from '../../kit/api/types'
import type { Condition, Scenario } from './model'
import { type Pointer, stepAt, stepOf, valueAt, walk, within } from './tree'

/** What is wrong, and at which place of the tree. */
export interface Fault {
  at: Pointer
  words: Words
}

/** The server names a place as `tree/steps/0/when/schedule`. What is not of the tree is left out. */
export function faultsOf(errors: Map<string, Words>): Fault[] {
  return [...errors].flatMap(([field, words]) =>
    field === 'tree' || field.startsWith('tree/') ? [{ at: field.slice('tree'.length), words }] : [],
  )
}

/** The faults of one step itself: those of the steps below it are theirs. */
export const faultsAt = (faults: Fault[], at: Pointer) => faults.filter((fault) => stepOf(fault.at) === at)

/** The words for one field: its own fault, or that of something in it (an item of a list). */
export const faultIn = (faults: Fault[], place: Pointer) => faults.find((fault) => within(fault.at, place))?.words

/** Faults that belong to no step: too many steps, a tree that could not be read. */
export const faultsOfWhole = (faults: Fault[]) => faults.filter((fault) => stepOf(fault.at) === null)

const choose: Words = { ru: 'Выберите из списка.', en: 'Choose from the list.' }
const count: Words = { ru: 'Укажите целое число.', en: 'Give a whole number.' }

/**
 * What is not filled in and what the server therefore cannot even read: an empty choice of one, a
 * number that is none. Said before it is sent, at its place; the rest is the server's to judge.
 */
export function gaps(tree: Scenario): Fault[] {
  const found: Fault[] = []
  const chosen = (at: Pointer, id: string) => id === '' && found.push({ at, words: choose })
  const whole = (at: Pointer, n: number, least = 0) =>
    (!Number.isSafeInteger(n) || n < least || n > 4_000_000_000) && found.push({ at, words: count })
  for (const { at, step } of walk(tree)) {
    if (step.do === 'if') gapsOfCondition(`${at}/when`, step.when, chosen)
    if (step.do === 'wait') whole(`${at}/seconds`, step.seconds)
    if (step.do === 'contact_form') whole(`${at}/wait_seconds`, step.wait_seconds)
    if (step.do !== 'distribute') continue
    if (typeof step.to === 'object' && 'group' in step.to) chosen(`${at}/to/group`, step.to.group)
    if (!step.answer) continue
    whole(`${at}/answer/within_seconds`, step.answer.within_seconds)
    const { then } = step.answer
    if (then.go === 'group') chosen(`${at}/answer/then/group`, then.group)
    if (then.go === 'next_person') whole(`${at}/answer/then/rounds`, then.rounds > 255 ? Number.NaN : then.rounds)
  }
  return found
}

function gapsOfCondition(at: Pointer, condition: Condition, chosen: (at: Pointer, id: string) => unknown) {
  if ('of' in condition) condition.of.forEach((one, n) => gapsOfCondition(`${at}/of/${n}`, one, chosen))
  if (condition.is === 'working_hours') chosen(`${at}/schedule`, condition.schedule)
}

/**
 * The faults that still stand after an edit, at the places where their steps are now. A step that
 * was not touched is the same object; those above an edit stay where they are.
 */
export function carried(faults: Fault[], before: Scenario, after: Scenario): Fault[] {
  if (faults.length === 0 || before === after) return faults
  const now = new Map(walk(after).map(({ at, step }) => [step, at]))
  return faults.flatMap((fault) => {
    const at = stepOf(fault.at)
    if (at === null) return []
    const step = stepAt(before, at)
    const same = step && now.get(step)
    if (same !== undefined) return [{ ...fault, at: same + fault.at.slice(at.length) }]
    if (fault.at === at || stepAt(after, at)?.do !== step?.do) return []
    return valueAt(before, fault.at) === valueAt(after, fault.at) ? [fault] : []
  })
}
