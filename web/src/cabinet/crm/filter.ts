/**
 * Conditions over an enquiry (`domain::crm::Filter`): and/or groups over any parameter, with a verdict
 * above them. Pure editing; the screen is `gate-form.tsx`.
 */
export type Filter =
  | { is: 'all' | 'any' | 'not'; of: Filter[] }
  | { is: 'param'; param: string; by: Operator; values?: string[] }

export type Group = Extract<Filter, { of: Filter[] }>
export type Condition = Extract<Filter, { is: 'param' }>

export const OPERATORS = [
  'equals',
  'not_equals',
  'contains',
  'not_contains',
  'starts_with',
  'filled',
  'empty',
] as const
export type Operator = (typeof OPERATORS)[number]

export interface Gate {
  verdict: 'allow' | 'denied'
  when: Filter
}

export const newCondition = (param = 'visit.site'): Condition => ({ is: 'param', param, by: 'equals', values: [] })
export const newGate = (): Gate => ({ verdict: 'allow', when: { is: 'all', of: [newCondition()] } })

/** `filled` and `empty` look at no value. */
export const takesValues = (by: Operator) => by !== 'filled' && by !== 'empty'

/** The root as a group: a single condition stands in one. */
export const asGroup = (filter: Filter): Group => (filter.is === 'param' ? { is: 'all', of: [filter] } : filter)

export const withOperator = (condition: Condition, by: Operator): Condition =>
  takesValues(by) ? { ...condition, by, values: condition.values ?? [] } : { is: 'param', param: condition.param, by }

/** Another parameter: the values of the old one say nothing about it. */
export const withParam = (condition: Condition, param: string): Condition =>
  param === condition.param ? condition : { ...condition, param, ...(condition.values ? { values: [] } : {}) }

/** A group in the place of a condition, which goes into it; a group alone is what it was. */
export const grouped = (filter: Filter, is: Group['is']): Group =>
  filter.is === 'param' ? { is, of: [filter] } : { is, of: filter.of }

/** How many conditions are in it, at any depth. */
export const conditions = (filter: Filter): number =>
  filter.is === 'param' ? 1 : filter.of.reduce((sum, one) => sum + conditions(one), 0)

/** Parameters that it names, each once. */
export const paramsOf = (filter: Filter): string[] => [
  ...new Set(filter.is === 'param' ? [filter.param] : filter.of.flatMap(paramsOf)),
]
