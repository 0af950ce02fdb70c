import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { askAfter } from '../src/desk/crm/ask-after'
import { acceptedDeals, type Card, choices, type Deal, mainDeal, moveOf, type Pipeline, placeOf, progress, underWay } from '../src/desk/crm/deals'
import { safeUrl, sayItems } from '../src/desk/crm/words'
import { deskCrmEn, deskCrmRu } from '../src/kit/i18n/desk-crm'

type Items = Parameters<typeof sayItems>[0]

const said = (items: unknown, texts = deskCrmRu) =>
  sayItems(items as Items, texts)
    .map(({ before, thing, after }) => before + thing + after)
    .join(', ')

describe('a line of what a CRM did', () => {
  const made = [
    { what: 'contact_created', name: 'Анна', url: 'https://romashka.amocrm.ru/contacts/detail/7' },
    { what: 'deal_created', name: 'Обращение №12', detail: 'Продажи → Первичный контакт' },
  ]

  it('CRM-4: says all of it in one sentence, in both languages', () => {
    expect(said(made)).toBe('создан контакт «Анна», создана сделка «Обращение №12» (Продажи → Первичный контакт)')
    expect(said(made, deskCrmEn)).toBe('created contact “Анна”, created deal “Обращение №12” (Продажи → Первичный контакт)')
  })

  it('what has no name is said without one', () => {
    expect(said([{ what: 'contact_found' }, { what: 'deal_found' }])).toBe('найден контакт, найдена открытая сделка')
    expect(said([{ what: 'task_done' }])).toBe('задача выполнена')
  })

  it('CRM-4a: what happened there is told: the stage with its funnel, the responsible user', () => {
    expect(said([{ what: 'stage_changed', detail: 'Продажи → Переговоры' }])).toBe('сделка на этапе «Переговоры» (Продажи)')
    expect(said([{ what: 'stage_changed' }])).toBe('этап сделки изменён')
    expect(said([{ what: 'responsible_changed', name: 'Олег' }])).toBe('ответственный за сделку: Олег')
  })

  it('BY-6: a failure leads to the log, and is said once', () => {
    expect(said([{ what: 'failed' }, { what: 'failed' }])).toBe('не удалось передать в CRM, причина — в журнале CRM')
  })

  it('what a newer server knows is left out', () => {
    expect(said([{ what: 'teleported', name: 'Анна' }, made[0]])).toBe('создан контакт «Анна»')
  })

  it('a link leads to a page alone', () => {
    expect(safeUrl('https://romashka.amocrm.ru/leads/detail/1')).toBe('https://romashka.amocrm.ru/leads/detail/1')
    expect(safeUrl('javascript:alert(1)')).toBe(null)
    expect(safeUrl(undefined)).toBe(null)
    const url = 'https://romashka.amocrm.ru/leads/detail/1'
    const [made, removed] = sayItems([{ what: 'deal_created', url }, { what: 'deal_removed', url }], deskCrmRu)
    expect([made?.url, removed?.url]).toEqual([url, null])
  })

  it('every thing has words in both languages', () => {
    const all = ['contact_created', 'contact_found', 'lead_created', 'deal_created', 'deal_found', 'unsorted_created', 'unsorted_accepted', 'unsorted_declined', 'task_created', 'task_done', 'stage_changed', 'responsible_changed', 'deal_removed', 'failed']
    for (const texts of [deskCrmRu, deskCrmEn]) {
      const lines = all.flatMap((what) => [said([{ what }], texts), said([{ what, name: 'X', detail: 'A → B' }], texts)])
      for (const line of lines) expect(line).toMatch(/^\S.*\S$/)
      expect(lines.join()).not.toMatch(/undefined| {2}/)
    }
  })
})

const stage = (id: string, kind = 'open') => ({ id, name: `Этап ${id}`, kind, sort: 1 })
const sales: Pipeline = {
  id: '1',
  name: 'Продажи',
  sort: 1,
  stages: [stage('10', 'unsorted'), stage('11'), stage('12'), stage('13'), stage('142', 'won'), stage('143', 'lost')] as never,
}
const again: Pipeline = { id: '2', name: 'Повторные', sort: 2, stages: [stage('21'), stage('142', 'won')] as never }
const deal = (id: string, change: Partial<Deal> = {}): Deal => ({
  id,
  name: `Сделка ${id}`,
  at: { pipeline: '1', stage: '11' },
  responsible_name: '',
  closed: false,
  current: false,
  ...change,
})

describe('the stage of a deal', () => {
  const at = (pipeline: string, stage: string) => progress(placeOf([sales, again], { pipeline, stage })!)

  it('a stage is known by its funnel: ids repeat between funnels', () => {
    expect(placeOf([sales, again], { pipeline: '2', stage: '142' })?.pipeline.name).toBe('Повторные')
    expect(placeOf([sales, again], { pipeline: '2', stage: '11' })).toBe(null)
    expect(placeOf([sales, again], null)).toBe(null)
  })

  it('the bar counts open stages and the end', () => {
    expect(at('1', '10')).toEqual({ all: 4, done: 0, end: null })
    expect(at('1', '12')).toEqual({ all: 4, done: 2, end: null })
    expect(at('1', '142')).toEqual({ all: 4, done: 4, end: 'won' })
    expect(at('1', '143')).toEqual({ all: 4, done: 4, end: 'lost' })
  })

  it('nobody moves a deal back into «Неразобранное»', () => {
    expect(choices([sales, again]).map(({ stages }) => stages.map((one) => one.id))).toEqual([
      ['11', '12', '13', '142', '143'],
      ['21', '142'],
    ])
  })
})

describe('the deal of a conversation', () => {
  it('BY-5: of several open deals none is taken by itself; a chosen one is', () => {
    expect(mainDeal([deal('1'), deal('2')])).toBe(null)
    expect(mainDeal([deal('1'), deal('2', { current: true })])?.id).toBe('2')
    expect(mainDeal([deal('1', { closed: true }), deal('2')])?.id).toBe('2')
    expect(mainDeal([])).toBe(null)
  })

  it('AMO-4: the deal inside a record of «Неразобранное» is none to work with before it is accepted', () => {
    const url = 'https://romashka.amocrm.ru/leads/detail/1'
    const inside = deal('1', { at: null, url })
    const unsorted = { id: 'u1', name: '', url }
    const ids = (card: Parameters<typeof acceptedDeals>[0]) => acceptedDeals(card).map((one) => one.id)
    expect(ids({ deals: [inside, deal('2')], unsorted })).toEqual(['2'])
    expect(ids({ deals: [inside, deal('2')], unsorted: null })).toEqual(['1', '2'])
  })

  it('CRM-5: an order is shown as sent at once, then as the server tells it', () => {
    const to = { pipeline: '1', stage: '12' }
    const waiting = { run_id: 'crn_1', to, waits: true }
    expect(moveOf(deal('1'), null)).toBe(null)
    expect(moveOf(deal('1'), { deal: '1', to })).toEqual({ run_id: '', to, waits: false, sending: true })
    expect(moveOf(deal('1', { moving: waiting }), { deal: '2', to })).toEqual(waiting)
    const refused = { ...waiting, refused: { ru: 'Этапа нет', en: 'No such stage' } }
    expect(moveOf(deal('1', { moving: refused }), null)).toEqual(refused)
  })
})

describe('CRM-5: what is on its way is asked after', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('ever less often, and on after an answer that did not come', async () => {
    const began = Date.now()
    const asked: number[] = []
    const stop = askAfter(() => {
      asked.push((Date.now() - began) / 1000)
      return asked.length === 1 ? Promise.reject(new Error('away')) : Promise.resolve()
    })
    await vi.advanceTimersByTimeAsync(250_000)
    expect(asked).toEqual([4, 12, 28, 60, 120, 180, 240])
    stop()
    await vi.advanceTimersByTimeAsync(250_000)
    expect(asked).toHaveLength(7)
  })

  it('not again when nobody looks any more while it is being asked', async () => {
    const ask = vi.fn(() => new Promise((told) => setTimeout(told, 2000)))
    const stop = askAfter(ask)
    await vi.advanceTimersByTimeAsync(5000)
    stop()
    await vi.advanceTimersByTimeAsync(250_000)
    expect(ask).toHaveBeenCalledTimes(1)
  })

  it('not of a portal that is off, nor of what was refused', () => {
    const moving = { run_id: 'crn_1', to: { pipeline: '1', stage: '12' }, waits: true }
    const of = (state: Card['state'], change: Partial<Card> = {}) =>
      underWay({ portals: [{ state, deals: [deal('1', { moving })], ...change } as Card] })
    expect(of('connected')).toEqual(['crn_1'])
    expect(of('interrupted', { choosing: '2' })).toEqual(['2', 'crn_1'])
    expect(of('stopped')).toEqual([])
    expect(of('disconnected', { choosing: '2' })).toEqual([])
    expect(of('connected', { deals: [deal('1', { moving: { ...moving, refused: { ru: '', en: '' } } })] })).toEqual([])
  })
})
