import { scenarioTexts } from '../../kit/i18n/flow/scenario'
import type { Directory, NameOf } from './directory'
import type { Condition, Step } from './model'

/** So many names are said; the rest is a number. */
const SAID = 3

/** A step in one line, as its card shows it. */
export function summary(step: Step, name: NameOf): string {
  const { say, strategies, span, asked } = scenarioTexts()
  switch (step.do) {
    case 'if':
      return capital(saidCondition(step.when, name))
    case 'distribute': {
      const to =
        step.to === 'everybody'
          ? say.toEverybody
          : 'group' in step.to
            ? (step.to.group ? say.toGroup(saidNames('groups', [step.to.group], name)) : say.noGroup)
            : say.toPeople(saidNames('employees', step.to.employees, name))
      const by = strategies[step.by.strategy].toLowerCase()
      const answer = step.answer && say.within(span(step.answer.within_seconds), say.thens[step.answer.then.go])
      return capital([to, by, answer].filter(Boolean).join(', '))
    }
    case 'auto_reply':
      return step.text.trim() || say.nothing
    case 'contact_form':
      return capital(say.form(step.fields.map((field) => asked[field.ask].toLowerCase()).join(', ') || say.nothing))
    case 'tag':
      return saidNames('tags', step.tags, name)
    case 'wait':
      return say.wait(span(step.seconds))
    case 'close':
      return ''
  }
}

export function saidCondition(condition: Condition, name: NameOf): string {
  const { say, gonePart } = scenarioTexts()
  switch (condition.is) {
    case 'all':
    case 'any': {
      const joint = condition.is === 'all' ? say.and : say.or
      return condition.of.map((one) => bracketed(one, name)).join(joint) || say.nothing
    }
    case 'not':
      return say.not(condition.of.map((one) => bracketed(one, name)).join(say.or) || say.nothing)
    case 'channel':
      return say.channel(saidNames('channels', condition.channels, name))
    case 'kind':
      return say.kind(saidNames('kinds', condition.kinds, name))
    case 'site':
    case 'page':
    case 'campaign':
    case 'source':
    case 'text':
    case 'language':
      return say[condition.is](saidList(condition.any_of))
    case 'utm':
      return say.utm(condition.key || '…', saidList(condition.any_of))
    case 'working_hours': {
      const schedule = condition.schedule ? (name('schedules', condition.schedule) ?? gonePart) : say.nothing
      return say[condition.state](schedule)
    }
    case 'enquiry':
      return say[condition.order]
    case 'contact':
      return say[condition.state]
    case 'last_assignee_online':
      return say.lastOnline
    case 'anyone_online':
      return say.online(condition.group ? (name('groups', condition.group) ?? gonePart) : '')
  }
}

/** A group within a group stands in brackets. */
function bracketed(condition: Condition, name: NameOf): string {
  const said = saidCondition(condition, name)
  return (condition.is === 'all' || condition.is === 'any') && condition.of.length > 1 ? `(${said})` : said
}

const saidNames = (what: keyof Directory, ids: string[], name: NameOf) =>
  saidList(ids.filter(Boolean).map((id) => name(what, id) ?? scenarioTexts().gonePart))

function saidList(all: string[]): string {
  const { say } = scenarioTexts()
  if (all.length === 0) return say.nothing
  const shown = all.slice(0, SAID).join(', ')
  return all.length > SAID ? `${shown} ${say.more(all.length - SAID)}` : shown
}

const capital = (text: string) => (text[0] ?? '').toUpperCase() + text.slice(1)

/**
 * The number of a step as people read it: `2` at the top, `2а.1` the first of the first branch below
 * it. Of a list, the number of its branch.
 */
export function numberOf(at: string): string {
  const [first = '', second = ''] = scenarioTexts().branchLetters
  return at
    .split('/')
    .map((part) => {
      if (/^\d+$/.test(part)) return `.${Number(part) + 1}`
      return part === 'otherwise' || part === 'nobody_online' ? second : part === 'answer' ? first : part
    })
    .join('')
    .replace(/(?<=\d)then/g, first)
    .replace(/then|steps/g, '')
    .replace(/^\./, '')
}
