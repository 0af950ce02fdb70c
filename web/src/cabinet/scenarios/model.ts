/**
 * The tree of a scenario as the server keeps it (docs/api.md, "Scenarios"). The API's description
 * leaves it open, so its shape stands here.
 */
export interface Scenario {
  steps: Step[]
}

export type Step =
  | { do: 'if'; when: Condition; then: Step[]; otherwise: Step[] }
  | ({ do: 'distribute' } & Distribution)
  | { do: 'auto_reply'; text: string }
  | { do: 'contact_form'; text: string; fields: Question[]; wait_seconds: number }
  | { do: 'tag'; tags: string[] }
  | { do: 'wait'; seconds: number }
  | { do: 'close' }

export type StepKind = Step['do']

export const STEP_KINDS: StepKind[] = ['if', 'distribute', 'auto_reply', 'contact_form', 'tag', 'wait', 'close']

export const ASKED = ['name', 'phone', 'email'] as const
export type Asked = (typeof ASKED)[number]

export interface Question {
  ask: Asked
  need?: 'required' | 'optional'
}

export interface Distribution {
  to: Target
  by: Strategy
  capacity: 'respect' | 'ignore'
  answer?: { within_seconds: number; then: Unanswered }
  nobody_online: NobodyOnline
}

export type Target = 'everybody' | { group: string } | { employees: string[] }

export const FALLBACKS = ['everyone', 'round_robin', 'least_busy'] as const
export type Fallback = (typeof FALLBACKS)[number]

export const STRATEGIES = [...FALLBACKS, 'last_assignee'] as const
export type StrategyName = (typeof STRATEGIES)[number]
export type Strategy = { strategy: Fallback } | { strategy: 'last_assignee'; otherwise: Fallback }

export const UNANSWERED = ['next_person', 'group', 'everybody', 'steps'] as const
export type Unanswered =
  | { go: 'next_person'; rounds: number }
  | { go: 'group'; group: string }
  | { go: 'everybody' }
  | { go: 'steps'; steps: Step[] }

export type NobodyOnline = { go: 'wait' } | { go: 'steps'; steps: Step[] }

export const JOINTS = ['all', 'any', 'not'] as const
export const WORDS_OF = ['site', 'page', 'campaign', 'source', 'text', 'language'] as const

export type Condition =
  | { is: (typeof JOINTS)[number]; of: Condition[] }
  | { is: 'channel'; channels: string[] }
  | { is: 'kind'; kinds: string[] }
  | { is: (typeof WORDS_OF)[number]; any_of: string[] }
  | { is: 'utm'; key: string; any_of: string[] }
  | { is: 'working_hours'; schedule: string; state: 'open' | 'closed' }
  | { is: 'enquiry'; order: 'first' | 'repeat' }
  | { is: 'contact'; state: 'known' | 'unknown' }
  | { is: 'last_assignee_online' }
  | { is: 'anyone_online'; group?: string }

export type ConditionKind = Condition['is']

/** The kinds of conditions, gathered as a person looks for them. */
export const CONDITION_KINDS: { of: 'time' | 'from' | 'client' | 'message' | 'joint'; kinds: ConditionKind[] }[] = [
  { of: 'time', kinds: ['working_hours', 'anyone_online', 'last_assignee_online'] },
  { of: 'from', kinds: ['channel', 'kind', 'site', 'page', 'campaign', 'source', 'utm'] },
  { of: 'client', kinds: ['enquiry', 'contact'] },
  { of: 'message', kinds: ['text', 'language'] },
  { of: 'joint', kinds: ['all', 'any', 'not'] },
]

/** What a new step of a kind begins with. `schedule`: the first one there is, or nothing. */
export function newStep(kind: StepKind, schedule = ''): Step {
  switch (kind) {
    case 'if':
      return { do: 'if', when: newCondition('working_hours', schedule), then: [], otherwise: [] }
    case 'distribute':
      return { do: 'distribute', ...newDistribution() }
    case 'auto_reply':
      return { do: 'auto_reply', text: '' }
    case 'contact_form':
      return { do: 'contact_form', text: '', fields: [{ ask: 'name' }, { ask: 'phone' }], wait_seconds: 600 }
    case 'tag':
      return { do: 'tag', tags: [] }
    case 'wait':
      return { do: 'wait', seconds: 60 }
    case 'close':
      return { do: 'close' }
  }
}

export const newDistribution = (): Distribution => ({
  to: 'everybody',
  by: { strategy: 'everyone' },
  capacity: 'respect',
  nobody_online: { go: 'wait' },
})

export function newCondition(kind: ConditionKind, schedule = ''): Condition {
  switch (kind) {
    case 'all':
    case 'any':
    case 'not':
      return { is: kind, of: [] }
    case 'channel':
      return { is: 'channel', channels: [] }
    case 'kind':
      return { is: 'kind', kinds: [] }
    case 'site':
    case 'page':
    case 'campaign':
    case 'source':
    case 'text':
    case 'language':
      return { is: kind, any_of: [] }
    case 'utm':
      return { is: 'utm', key: 'source', any_of: [] }
    case 'working_hours':
      return { is: 'working_hours', schedule, state: 'open' }
    case 'enquiry':
      return { is: 'enquiry', order: 'first' }
    case 'contact':
      return { is: 'contact', state: 'known' }
    case 'last_assignee_online':
      return { is: 'last_assignee_online' }
    case 'anyone_online':
      return { is: 'anyone_online' }
  }
}

/** A tree as the server sends it: what it left out stands for the default. */
export function completed(raw: unknown): Scenario {
  const tree = raw as { steps?: Step[] }
  return { steps: (tree.steps ?? []).map(completedStep) }
}

function completedStep(step: Step): Step {
  const list = (steps: Step[] | undefined) => (steps ?? []).map(completedStep)
  switch (step.do) {
    case 'if':
      return { ...step, then: list(step.then), otherwise: list(step.otherwise) }
    case 'distribute': {
      const { answer } = step
      const nobody: NobodyOnline | undefined = step.nobody_online
      return {
        ...step,
        capacity: step.capacity ?? 'respect',
        nobody_online: nobody?.go === 'steps' ? { go: 'steps', steps: list(nobody.steps) } : { go: 'wait' },
        ...(answer?.then.go === 'steps'
          ? { answer: { ...answer, then: { go: 'steps', steps: list(answer.then.steps) } } }
          : answer?.then.go === 'next_person'
            ? { answer: { ...answer, then: { go: 'next_person', rounds: answer.then.rounds ?? 1 } } }
            : {}),
      }
    }
    case 'contact_form':
      return { ...step, text: step.text ?? '', wait_seconds: step.wait_seconds ?? 600 }
    default:
      return step
  }
}
