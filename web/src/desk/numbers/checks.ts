import type { components } from '../../kit/api/schema'

export type Check = components['schemas']['NumberCheckView']
export type Wanted = components['schemas']['Wanted']

/** What a click on a check does: `null` where there is nothing to click. */
export function deedOf(check: Check, may: boolean): { again: boolean; wanted: Wanted } | null {
  if (!may || !check.price || check.state === 'checking') return null
  // Whoever sees an answer and clicks wants a new one; a colleague's, unseen yet, will do for the first.
  const again = check.state !== 'not_checked'
  return { again, wanted: check.answer ? 'fresh_answer' : 'answer' }
}

/** The last answer, where the state says something else by now. */
export const answerBefore = ({ state, answer, answered_at }: Check) =>
  answer && answered_at && state !== answer ? { answer, at: answered_at } : null

/** The check that says that a message through this channel will hardly arrive. */
export const warningOf = (checks: readonly Check[], channel_id: string): Check | null =>
  checks.find((check) => check.channel_id === channel_id && check.answer === 'does_not_exist') ?? null
