import { describe, expect, it } from 'vitest'
import { facts } from '../src/cabinet/audit/readable'
import { firstAnswers, sentAnswers } from '../src/cabinet/channel/answers'
import { zoneTime } from '../src/cabinet/company/places'
import { type ContactField, keyOf, moved } from '../src/cabinet/fields/contact-fields'
import { blame } from '../src/cabinet/parts/blame'
import { pretty } from '../src/cabinet/parts/pretty'
import { found, wholeOrNull } from '../src/cabinet/people/find'
import { device } from '../src/cabinet/profile/device'
import { type CannedReply, filled, sections, unknownVariables } from '../src/cabinet/replies/canned'
import type { ChannelDetails, Employee, FormField, Problem, Words } from '../src/kit/api/types'

const both = (text: string): Words => ({ ru: text, en: text })

describe('the form of a channel', () => {
  const base = { label: both('x'), help: null, required: false, advanced: false }
  const fields: FormField[] = [
    { ...base, key: 'token', kind: 'secret' },
    { ...base, key: 'title', kind: 'text', placeholder: null },
    { ...base, key: 'port', kind: 'number', min: 1, max: 65_535, default: null },
    { ...base, key: 'sites', kind: 'list', placeholder: null },
    { ...base, key: 'files', kind: 'toggle', default: true },
    { ...base, key: 'side', kind: 'select', options: [], default: 'right' },
    { ...base, key: 'color', kind: 'color', default: '#0b6e5f' },
  ]

  it('CH-2: begins with what the kind gives, or with what is stored', () => {
    expect(firstAnswers(fields)).toEqual({ files: true, side: 'right', color: '#0b6e5f' })
    const stored = { settings: { title: 'Двери', files: false } } as unknown as ChannelDetails
    expect(firstAnswers(fields, stored)).toMatchObject({ title: 'Двери', files: false })
  })

  it('sends nothing for what is empty, so a stored secret stays', () => {
    const sent = sentAnswers(fields, { token: '', title: '', port: '993', sites: [' a.ru ', '', 'b.ru'], files: false })
    expect(sent).toEqual({ port: 993, sites: ['a.ru', 'b.ru'], files: false })
  })
})

describe('a refusal', () => {
  const problem = { code: 'tag_name_taken', detail: both('Тег с таким названием уже есть.') } as Problem

  it('is told at the field that it is about', () => {
    const told = blame(new Map(), problem, { tag_name_taken: 'name' }, ['name', 'color'])
    expect(told.fields.get('name')).toEqual(problem.detail)
    expect(told.rest).toBeNull()
  })

  it('is not lost when its field is not on the screen', () => {
    const wrong = both('Нет такой группы.')
    expect(blame(new Map([['groups[0]', wrong]]), null, {}, ['name']).rest).toEqual(wrong)
    expect(blame(new Map([['groups[0]', wrong]]), null, {}, ['name', 'groups']).rest).toBeNull()
  })
})

describe('canned replies', () => {
  const values = { name: 'Анна', operator: 'Марина', company: 'Двери', number: '12' }

  it('CV-5: variables in both spellings; other braces stay', () => {
    expect(filled('{имя}, я {operator} из {Компания}, чат {number} {цена}', values)).toBe(
      'Анна, я Марина из Двери, чат 12 {цена}',
    )
    expect(unknownVariables('{имя} {цена} {цена} {price}')).toEqual(['цена', 'price'])
  })

  it('are found by words in any order, by sections; those of no section last', () => {
    const reply = (title: string, section: string, text = ''): CannedReply => ({
      canned_reply_id: `rpl_${title}`,
      shortcut: '',
      title,
      text,
      section,
      used_count: 0,
      updated_at: '',
    })
    const all = [reply('Прочее', ''), reply('Адрес', 'Общее', 'Москва, Лесная 5'), reply('Время', 'Общее')]
    expect(sections(all, '').map(([name, list]) => [name, list.length])).toEqual([
      ['Общее', 2],
      ['', 1],
    ])
    expect(sections(all, 'лесная адрес').flatMap(([, list]) => list.map((one) => one.title))).toEqual(['Адрес'])
  })
})

describe('fields of customers', () => {
  const field = (key: string, position: number): ContactField => ({ key, name: key, kind: 'text', choices: [], position })

  it('a key is made of the name and differs from those taken', () => {
    expect(keyOf('Номер договора', [])).toBe('nomer_dogovora')
    expect(keyOf('Город', ['gorod'])).toBe('gorod_2')
    expect(keyOf('2 этаж', [])).toBe('field_2_etazh')
    expect(keyOf('…', [])).toBe('field')
  })

  it('a step up or down changes only the places that changed', () => {
    const all = [field('a', 0), field('b', 1), field('c', 2)]
    expect(moved(all, 'c', -1).map((one) => [one.key, one.position])).toEqual([
      ['c', 1],
      ['b', 2],
    ])
    expect(moved(all, 'a', -1)).toEqual([])
  })
})

describe('what people read', () => {
  it('a log-in by its browser and system', () => {
    expect(device('Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/130 YaBrowser/24 Safari/537')).toBe('Яндекс Браузер, Windows')
    expect(device('curl/8.0')).toBe('curl/8.0')
  })

  it('a payload on lines of its own when it is JSON, else as it came', () => {
    expect(pretty('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}')
    expect(pretty('{broken')).toBe('{broken')
    expect(pretty('From: a@b.ru')).toBe('From: a@b.ru')
  })

  it('details of the audit: what was and what is, names for ids', () => {
    const nameOf = (id: string) => (id === 'grp_01' ? 'Продажи' : '')
    expect(facts({ role: ['operator', 'admin'], visibility: ['all', 'all'], groups: ['grp_01'] }, nameOf)).toEqual([
      ['Роль', 'оператор → администратор'],
      ['Группы', 'Продажи'],
    ])
  })

  it('people by words of the name and the address, those who are off last', () => {
    const one = (name: string, email: string, disabled = false) => ({ name, email, disabled }) as Employee
    const all = [one('Антон Белов', 'anton@x.ru', true), one('Марина Кравцова', 'm@x.ru')]
    expect(found(all, '').map((p) => p.name)).toEqual(['Марина Кравцова', 'Антон Белов'])
    expect(found(all, 'белов x.ru')).toHaveLength(1)
  })

  it('numbers and zones that may be wrong', () => {
    expect(wholeOrNull(' ')).toBeNull()
    expect(wholeOrNull('5')).toBe(5)
    expect(zoneTime('Europe/Nowhere', new Date())).toBe('')
    expect(zoneTime('Europe/Moscow', new Date('2026-11-22T10:00:00Z'))).toBe('13:00')
  })
})
