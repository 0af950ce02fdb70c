import { scenarioTexts } from '../../kit/i18n/flow/scenario'
import type { Directory } from './directory'
import type { Scenario, Step, Target } from './model'
import { newDistribution } from './model'

export type TemplateName = 'everybody' | 'byHours' | 'byGroups' | 'blank'

export const TEMPLATES: TemplateName[] = ['everybody', 'byHours', 'byGroups', 'blank']

const inTurn = (to: Target): Step => ({
  do: 'distribute',
  ...newDistribution(),
  to,
  by: { strategy: 'last_assignee', otherwise: 'round_robin' },
  answer: { within_seconds: 120, then: { go: 'next_person', rounds: 1 } },
  nobody_online: { go: 'steps', steps: [{ do: 'auto_reply', text: scenarioTexts().replyBusy }] },
})

/** Ready-made beginnings, with the company's own schedule and groups where there are any. */
export function template(name: TemplateName, directory: Directory): Scenario {
  const texts = scenarioTexts()
  const [first, second] = directory.groups
  switch (name) {
    case 'blank':
      return { steps: [] }
    case 'everybody':
      return { steps: [{ do: 'distribute', ...newDistribution() }] }
    case 'byHours':
      return {
        steps: [
          {
            do: 'if',
            when: { is: 'working_hours', schedule: directory.schedules[0]?.schedule_id ?? '', state: 'open' },
            then: [inTurn('everybody')],
            otherwise: [
              { do: 'auto_reply', text: texts.replyClosed },
              {
                do: 'contact_form',
                text: texts.askContacts,
                fields: [{ ask: 'name' }, { ask: 'phone', need: 'optional' }],
                wait_seconds: 600,
              },
            ],
          },
        ],
      }
    case 'byGroups':
      return {
        steps: [
          {
            do: 'if',
            when: { is: 'text', any_of: [...texts.wordsOfService] },
            then: [inTurn({ group: second?.group_id ?? first?.group_id ?? '' })],
            otherwise: [inTurn({ group: first?.group_id ?? '' })],
          },
        ],
      }
  }
}
