import { describe, expect, it } from 'vitest'
import { begin, record, redo, undo } from '../src/cabinet/scenarios/history'
import { numberOf } from '../src/cabinet/scenarios/summary'
import { completed, newStep, type Scenario, type Step } from '../src/cabinet/scenarios/model'
import { carried, faultIn, faultsAt, faultsOf, faultsOfWhole, gaps } from '../src/cabinet/scenarios/problems'
import {
  afterRemoval,
  duplicate,
  ends,
  insert,
  listAt,
  mayMove,
  move,
  neighbour,
  nudge,
  remove,
  replace,
  stepAt,
  stepOf,
  walk,
} from '../src/cabinet/scenarios/tree'

const say = (text: string): Step => ({ do: 'auto_reply', text })
const fork = (then: Step[], otherwise: Step[] = []): Step => ({
  do: 'if',
  when: { is: 'enquiry', order: 'first' },
  then,
  otherwise,
})
const give = (late: Step[], nobody: Step[]): Step => ({
  do: 'distribute',
  to: 'everybody',
  by: { strategy: 'round_robin' },
  capacity: 'respect',
  answer: { within_seconds: 60, then: { go: 'steps', steps: late } },
  nobody_online: { go: 'steps', steps: nobody },
})

/** The tree as letters: `a(b|c)d`. */
const sketch = (steps: Step[]): string =>
  steps
    .map((step) => {
      if (step.do === 'auto_reply') return step.text
      if (step.do === 'if') return `?(${sketch(step.then)}|${sketch(step.otherwise)})`
      if (step.do === 'distribute' && step.answer?.then.go === 'steps' && step.nobody_online.go === 'steps') {
        return `!(${sketch(step.answer.then.steps)}|${sketch(step.nobody_online.steps)})`
      }
      return step.do
    })
    .join('')

const tree: Scenario = { steps: [say('a'), fork([say('b'), say('c')], [say('d')]), give([say('e')], [say('f')])] }
const drawn = (of: { steps: Step[] }) => sketch(of.steps)

describe('a scenario is edited without changing what was', () => {
  it('walks from the top down', () => {
    expect(drawn(tree)).toBe('a?(bc|d)!(e|f)')
    expect(walk(tree).map((one) => one.at)).toEqual([
      '/steps/0',
      '/steps/1',
      '/steps/1/then/0',
      '/steps/1/then/1',
      '/steps/1/otherwise/0',
      '/steps/2',
      '/steps/2/answer/then/steps/0',
      '/steps/2/nobody_online/steps/0',
    ])
  })

  it('inserts, replaces and removes anywhere', () => {
    expect(drawn(insert(tree, '/steps/1/otherwise', 0, say('x')))).toBe('a?(bc|xd)!(e|f)')
    expect(drawn(insert(tree, '/steps/2/answer/then/steps', 1, say('x')))).toBe('a?(bc|d)!(ex|f)')
    expect(drawn(replace(tree, '/steps/2/nobody_online/steps/0', say('x')))).toBe('a?(bc|d)!(e|x)')
    expect(drawn(remove(tree, '/steps/1'))).toBe('a!(e|f)')
    expect(drawn(tree)).toBe('a?(bc|d)!(e|f)')
    expect(remove(tree, '/steps/1').steps[0]).toBe(tree.steps[0])
    expect(insert(tree, '/steps/0/then', 0, say('x'))).toBe(tree)
  })

  it.each([
    ['/steps/0', '/steps', 2, '?(bc|d)a!(e|f)', '/steps/1'],
    ['/steps/0', '/steps/1/then', 1, '?(bac|d)!(e|f)', '/steps/0/then/1'],
    ['/steps/1/then/0', '/steps/1/then', 2, 'a?(cb|d)!(e|f)', '/steps/1/then/1'],
    ['/steps/1/then/1', '/steps/1/then', 0, 'a?(cb|d)!(e|f)', '/steps/1/then/0'],
    ['/steps/1/otherwise/0', '/steps/2/nobody_online/steps', 0, 'a?(bc|)!(e|df)', '/steps/2/nobody_online/steps/0'],
    ['/steps/2', '/steps/1/otherwise', 1, 'a?(bc|d!(e|f))', '/steps/1/otherwise/1'],
  ])('moves %s to %s before %i', (from, list, index, expected, at) => {
    const moved = move(tree, from, list, index)
    expect(drawn(moved.tree)).toBe(expected)
    expect(moved.at).toBe(at)
    expect(stepAt(moved.tree, moved.at)).toBe(stepAt(tree, from))
  })

  it('never moves a step below itself, nor to where it stands', () => {
    expect(mayMove('/steps/1', '/steps/1/then', 0)).toBe(false)
    expect(mayMove('/steps/1', '/steps', 1)).toBe(false)
    expect(mayMove('/steps/1', '/steps', 2)).toBe(false)
    expect(mayMove('/steps/1', '/steps/10/then', 0)).toBe(true)
    expect(move(tree, '/steps/1', '/steps/1/then', 0).tree).toBe(tree)
  })

  it('nudges out of a branch at its edge', () => {
    expect(drawn(nudge(tree, '/steps/1/then/0', 'up').tree)).toBe('ab?(c|d)!(e|f)')
    expect(drawn(nudge(tree, '/steps/1/otherwise/0', 'down').tree)).toBe('a?(bc|)d!(e|f)')
    expect(nudge(tree, '/steps/1/otherwise/0', 'down').at).toBe('/steps/2')
    expect(nudge(tree, '/steps/0', 'up').tree).toBe(tree)
    expect(nudge(tree, '/steps/2', 'down').tree).toBe(tree)
  })

  it('duplicates a step with all below it, apart from the first', () => {
    const twice = duplicate(tree, '/steps/1')
    expect(drawn(twice.tree)).toBe('a?(bc|d)?(bc|d)!(e|f)')
    expect(twice.at).toBe('/steps/2')
    expect(listAt(twice.tree, '/steps/2/then')).not.toBe(listAt(twice.tree, '/steps/1/then'))
  })

  it('arrows follow what is drawn', () => {
    const path = (from: string, ...ways: ('up' | 'down' | 'left' | 'right')[]) =>
      ways.reduce<string | null>((at, way) => at && neighbour(tree, at, way), from)
    expect(path('/steps/0', 'down', 'down')).toBe('/steps/1/then/0')
    expect(path('/steps/1/then/1', 'down')).toBe('/steps/2')
    expect(path('/steps/1', 'right')).toBe('/steps/1/otherwise/0')
    expect(path('/steps/1/then/0', 'right')).toBe('/steps/1/otherwise/0')
    expect(path('/steps/1/otherwise/0', 'left')).toBe('/steps/1/then/0')
    expect(path('/steps/1/then/0', 'up')).toBe('/steps/1')
    expect(path('/steps/0', 'up')).toBe(null)
    expect(afterRemoval(remove(tree, '/steps/1/otherwise/0'), '/steps/1/otherwise/0')).toBe('/steps/1')
    expect(afterRemoval(remove(tree, '/steps/2'), '/steps/2')).toBe('/steps/1')
  })

  it('knows what ends a branch', () => {
    expect(ends(fork([{ do: 'close' }], [say('a')]))).toBe(false)
    expect(ends(fork([{ do: 'close' }], [give([], [])]))).toBe(true)
  })
})

describe('problems stand at their steps', () => {
  it('finds the step of a place', () => {
    for (const [place, step] of [
      ['/steps/0/when/of/1/schedule', '/steps/0'],
      ['/steps/0/then/1/text', '/steps/0/then/1'],
      ['/steps/2/answer/then/group', '/steps/2'],
      ['/steps/2/answer/then/steps/3', '/steps/2/answer/then/steps/3'],
      ['/steps/2/to/employees/0', '/steps/2'],
      ['/steps', null],
    ]) {
      expect(stepOf(String(place)), String(place)).toBe(step)
    }
  })

  it('shares them out', () => {
    const words = (ru: string) => ({ ru, en: ru })
    const faults = faultsOf(
      new Map([
        ['tree/steps/0/when/of/0/schedule', words('нет расписания')],
        ['tree/steps/0/then/0/text', words('пусто')],
        ['tree/steps', words('много')],
        ['name', words('имя')],
      ]),
    )
    expect(faultsAt(faults, '/steps/0').map((one) => one.words.ru)).toEqual(['нет расписания'])
    expect(faultIn(faults, '/steps/0/then/0/text')?.ru).toBe('пусто')
    expect(faultsOfWhole(faults).map((one) => one.words.ru)).toEqual(['много'])
  })

  it('stay with their steps through edits, until what they speak of is changed', () => {
    const words = { ru: 'плохо', en: 'bad' }
    const faults = ['/steps/1/then/0/text', '/steps/1/otherwise/0/text', '/steps/1/when'].map((at) => ({ at, words }))
    const after = (edited: Scenario) => carried(faults, tree, edited).map((one) => one.at)
    expect(after(insert(tree, '/steps', 0, say('x')))).toEqual([
      '/steps/2/then/0/text',
      '/steps/2/otherwise/0/text',
      '/steps/2/when',
    ])
    expect(after(remove(tree, '/steps/1/then/0'))).toEqual(['/steps/1/otherwise/0/text', '/steps/1/when'])
    expect(after(replace(tree, '/steps/1/then/0', say('mended')))).toEqual(['/steps/1/otherwise/0/text', '/steps/1/when'])
    expect(after(remove(tree, '/steps/1'))).toEqual([])
  })

  it('says what is not filled in before the server is asked', () => {
    const late = newStep('distribute')
    if (late.do !== 'distribute') throw new Error('not a distribution')
    late.to = { group: '' }
    late.answer = { within_seconds: Number.NaN, then: { go: 'group', group: '' } }
    expect(gaps({ steps: [newStep('if'), late] }).map((one) => one.at)).toEqual([
      '/steps/0/when/schedule',
      '/steps/1/to/group',
      '/steps/1/answer/within_seconds',
      '/steps/1/answer/then/group',
    ])
    expect(gaps({ steps: [newStep('if', 'shd_1'), newStep('close')] })).toEqual([])
  })

  it('fills in what the server leaves out', () => {
    const raw = { steps: [{ do: 'if', when: { is: 'enquiry', order: 'first' }, then: [{ do: 'close' }] }] }
    expect(completed(raw).steps[0]).toMatchObject({ then: [{ do: 'close' }], otherwise: [] })
    expect(completed({ steps: [{ do: 'distribute', to: 'everybody', by: { strategy: 'everyone' } }] }).steps[0]).toEqual({
      do: 'distribute',
      to: 'everybody',
      by: { strategy: 'everyone' },
      capacity: 'respect',
      nobody_online: { go: 'wait' },
    })
  })
})

describe('undo and redo', () => {
  it('go back and forth; a word typed is one edit', () => {
    let history = begin('')
    history = record(history, 'д', 'name')
    history = record(history, 'да', 'name')
    history = record(history, 'да, шаг')
    expect(undo(history).now).toBe('да')
    expect(undo(undo(history)).now).toBe('')
    expect(redo(undo(undo(history))).now).toBe('да')
    expect(record(undo(history), 'нет').future).toEqual([])
    expect(undo(begin('a')).now).toBe('a')
  })
})

describe('numbers of steps', () => {
  it('tell the branches apart', () => {
    expect(
      ['/steps/1', '/steps/1/then/0', '/steps/1/otherwise/0/then/2', '/steps/2/answer/then/steps/0', '/steps/2/nobody_online/steps/1', '/steps/1/otherwise'].map(
        numberOf,
      ),
    ).toEqual(['2', '2а.1', '2б.1а.3', '3а.1', '3б.2', '2б'])
  })
})
