import type { Problem, Words } from '../../kit/api/types'

/**
 * Which fields a refusal is about, and what it says besides. A conflict names no field, so the form
 * tells which one each conflict is about; what is wrong with a field that is not on the screen must
 * not be lost.
 */
export function blame(
  named: Map<string, Words>,
  problem: Problem | null,
  fieldOf: Record<string, string>,
  shown: readonly string[],
): { fields: Map<string, Words>; rest: Words | null } {
  const fields = new Map(named)
  const own = problem ? fieldOf[problem.code] : undefined
  if (problem && own) fields.set(own, problem.detail)
  const stray = [...fields].find(([field]) => !shown.includes(field.split(/[.[]/)[0] ?? field))
  return { fields, rest: stray ? stray[1] : null }
}
