import { describe, expect, it } from 'vitest'
import type { IntegrationDraft } from '../src/cabinet/crm/api'
import { comeBack, reasonOf } from '../src/cabinet/crm/came-back'
import { mendAddress } from '../src/cabinet/crm/faults'
import {
  asGroup,
  conditions,
  type Filter,
  grouped,
  newCondition,
  paramsOf,
  withOperator,
  withParam,
} from '../src/cabinet/crm/filter'
import { readQuery, writeQuery } from '../src/cabinet/crm/journal-query'
import { byMail, linked } from '../src/cabinet/crm/people'
import { readPhone, readPhones } from '../src/cabinet/crm/phones'
import { firstStage, isNewer, stageFault } from '../src/cabinet/crm/places'
import { faultAt, faultsOf, marked, mendTab, nameless, pointerOf, tabNamed, tabOf, without } from '../src/cabinet/crm/pointers'
import { rebased } from '../src/cabinet/crm/rebase'
import { type AmoSettings, filled, firstSettings, isUnsorted, recommended } from '../src/cabinet/crm/settings'
import { DEFAULT_NAMES, inserted, type Param, sample, shown, stored, tokenOf, unknown } from '../src/cabinet/crm/template'
import { MINUTES, SECONDS, sizeOf, spanOf, unitOf } from '../src/cabinet/parts/span'
import { isWithin } from '../src/cabinet/parts/within'
import type { CrmUser, Directory } from '../src/cabinet/crm/views'

const both = (text: string) => ({ ru: text, en: text })

describe('the settings of an integration', () => {
  it('CRM-1: a chosen channel begins with what is recommended', () => {
    expect(recommended('chn_1')).toEqual({
      channel: 'chn_1',
      create_contact: true,
      create_deal: true,
      find_existing: true,
      update_contact: false,
    })
  })

  it('writes out what the server leaves at its default', () => {
    const read = filled({ crm: 'amo', version: 1, tags: { fixed: true, own: [] }, chats: { check_numbers: true } as never })
    expect(read.method).toEqual({ method: 'contact_and_deal' })
    expect(read.tags.fixed).toBe(true)
    expect(read.chats).toMatchObject({ check_numbers: true, users: [], listed_only: false })
    expect(filled(firstSettings)).toEqual(firstSettings)
  })

  it('AMO-4: knows when names and funnels mean nothing', () => {
    expect(isUnsorted(firstSettings)).toBe(false)
    expect(isUnsorted({ ...firstSettings, method: { method: 'unsorted' } })).toBe(true)
  })
})

describe('a filter', () => {
  const tree: Filter = {
    is: 'all',
    of: [newCondition('visit.site'), { is: 'any', of: [newCondition('utm.source'), newCondition('visit.site')] }],
  }

  it('AMO-6: counts conditions at any depth and names their parameters once', () => {
    expect(conditions(tree)).toBe(3)
    expect(paramsOf(tree)).toEqual(['visit.site', 'utm.source'])
  })

  it('keeps what is in a group that becomes another, and takes a condition into one', () => {
    expect(grouped(tree, 'not')).toMatchObject({ is: 'not', of: [{ is: 'param' }, { is: 'any' }] })
    expect(grouped(newCondition(), 'any')).toEqual({ is: 'any', of: [newCondition()] })
    expect(asGroup(newCondition())).toEqual({ is: 'all', of: [newCondition()] })
    expect(asGroup({ is: 'any', of: [] })).toEqual({ is: 'any', of: [] })
  })

  it('has no values where none are compared, and forgets those of another parameter', () => {
    const one = { ...newCondition('visit.site'), values: ['a.ru'] }
    expect(withOperator(one, 'filled')).toEqual({ is: 'param', param: 'visit.site', by: 'filled' })
    expect(withOperator(withOperator(one, 'empty'), 'contains')).toMatchObject({ by: 'contains', values: [] })
    expect(withOperator(one, 'contains')).toMatchObject({ values: ['a.ru'] })
    expect(withParam(one, 'channel.kind')).toMatchObject({ param: 'channel.kind', values: [] })
    expect(withParam(one, 'visit.site')).toBe(one)
  })
})

describe('what is wrong with the settings', () => {
  it('reads places as the server writes them', () => {
    expect(pointerOf('/funnel/rules/0/to/deal')).toBe('/funnel/rules/0/to/deal')
    expect(pointerOf('settings/funnel/rules/0')).toBe('/funnel/rules/0')
    expect(pointerOf('/settings/channels/1')).toBe('/channels/1')
    expect(pointerOf('settings.channels[1].channel')).toBe('/channels/1/channel')
    expect(pointerOf('name')).toBe('/name')
    expect(pointerOf('settings')).toBe('/')
  })

  it('puts every place on its tab', () => {
    const places = {
      '/channels/0': 'main',
      '/method/pipeline': 'main',
      '/tasks/due_minutes': 'tasks',
      '/filter/when/of/0/param': 'filter',
      '/tags/own/2': 'tags',
      '/names/deal': 'names',
      '/funnel/rules/0/to/deal': 'funnels',
      '/responsible/people/1': 'employees',
      '/transfer_responsible': 'employees',
      '/fields/deal/0/field': 'fields',
      '/skip_phones/0': 'history',
      '/chats/users/0': 'chats',
    }
    for (const [at, tab] of Object.entries(places)) expect(tabOf(at), at).toBe(tab)
    expect(tabOf('/version')).toBeNull()
    const keys = Object.keys(firstSettings).filter((key) => key !== 'crm' && key !== 'version')
    for (const key of keys) expect(tabOf(`/${key}`), key).not.toBeNull()
  })

  it('CRM-6: knows where the journal sends people to mend', () => {
    expect(['channels', 'funnels', 'employees', 'fields', 'filter', 'tasks', 'messengers'].map(mendTab)).toEqual([
      'main',
      'funnels',
      'employees',
      'fields',
      'filter',
      'tasks',
      'chats',
    ])
    expect(mendTab('elsewhere')).toBeNull()
    const fault = { code: 'x', words: both('x'), remedy: both('y'), integration_id: 'int_1', integration: 'Основная' }
    expect(mendAddress({ ...fault, tab: 'funnels' })).toBe('/cabinet/crm/int_1/funnels')
    expect(mendAddress({ ...fault, tab: 'channels' })).toBe('/cabinet/crm/int_1')
    expect(mendAddress({ ...fault, tab: 'funnels', code: 'unsorted_funnel_gone' })).toBe('/cabinet/crm/int_1')
    expect(mendAddress({ ...fault, tab: 'elsewhere' })).toBe('/cabinet/crm/int_1')
  })

  it('tells a field its own fault, marks the tabs, and forgets what was mended', () => {
    const faults = faultsOf(
      new Map([
        ['settings/tags/own/0', both('пусто')],
        ['settings/funnel/rules/1/to/deal/stage', both('нет этапа')],
      ]),
    )
    expect(faultAt(faults, '/tags/own/0')).toEqual(both('пусто'))
    expect(faultAt(faults, '/tags/own/01')).toBeUndefined()
    expect(faultAt(faults, '/funnel/rules/1/to/deal')).toEqual(both('нет этапа'))
    expect([...marked(faults)]).toEqual(['tags', 'funnels'])
    expect(without(faults, ['/funnel']).map((one) => one.at)).toEqual(['/tags/own/0'])
  })

  it('AMO-6, AMO-8: finds UTM marks without a name, wherever they stand', () => {
    const filter = { verdict: 'allow' as const, when: { is: 'all' as const, of: [newCondition('utm.'), newCondition('utm.source')] } }
    const fields = { contact: [], deal: [{ field: '1', from: 'utm.' }], lead: [] }
    expect(nameless({ ...firstSettings, filter, fields })).toEqual(['/filter/when/of/0/param', '/fields/deal/0/from'])
    expect(nameless(firstSettings)).toEqual([])
  })

  it('opens the first tab for an address that names none', () => {
    expect(tabNamed('')).toBe('main')
    expect(tabNamed('nothing')).toBe('main')
    expect(tabNamed('funnels')).toBe('funnels')
  })
})

describe('AMO-9: a template', () => {
  const params: Param[] = [
    { param: 'enquiry.number', title: 'Номер обращения', example: '1204' },
    { param: 'channel.name', title: 'Название канала', example: 'Бот магазина' },
    { param: 'contact.name', title: 'Имя', example: 'Анна' },
    { param: 'contact.field.name', title: 'Имя', example: '' },
    { param: 'utm.term', title: 'utm_term', example: '' },
  ]

  it('shows titles for codes and reads them back', () => {
    expect(shown(DEFAULT_NAMES.ru.deal, params)).toBe('Обращение №{Номер обращения}: {Название канала}')
    expect(stored('Обращение №{Номер обращения}: {Название канала}', params)).toBe(DEFAULT_NAMES.ru.deal)
    expect(stored('{ Номер обращения }', params)).toBe('{enquiry.number}')
    expect(stored('{Номер обр', params)).toBe('{Номер обр')
  })

  it('leaves codes where two titles are equal', () => {
    expect(shown('{contact.name} {contact.field.name}', params)).toBe('{contact.name} {contact.field.name}')
    expect(tokenOf('contact.name', params)).toBe('{contact.name}')
    expect(stored('{contact.name}', params)).toBe('{contact.name}')
  })

  it('puts a parameter in the place of what is selected', () => {
    expect(inserted('Чат  сегодня', 4, 4, '{Имя}')).toEqual({ text: 'Чат {Имя} сегодня', caret: 9 })
    expect(inserted('Чат', 0, 3, '{Имя}')).toEqual({ text: '{Имя}', caret: 5 })
  })

  it('names what is no parameter', () => {
    expect(unknown('{enquiry.number} {нет такого} {utm.any} {contact.field.city}', params)).toEqual(['нет такого'])
    expect(unknown('без скобок', params)).toEqual([])
  })

  it('leaves out what is empty, and extra spaces', () => {
    expect(sample('Чат  {utm.term}  {channel.name}', params)).toBe('Чат Бот магазина')
    expect(sample('{utm.term}', params)).toBe('')
  })
})

describe('lists of the CRM', () => {
  const directory: Directory = {
    users: [],
    fields: [],
    task_types: [],
    pipelines: [
      { id: '2', name: 'Опт', sort: 20, main: false, archived: false, stages: [] },
      { id: '9', name: 'Старая', sort: 1, main: false, archived: true, stages: [] },
      {
        id: '1',
        name: 'Воронка',
        sort: 10,
        main: true,
        archived: false,
        stages: [
          { id: '142', name: 'Успешно', sort: 10000, color: '', kind: 'won' },
          { id: '11', name: 'Переговоры', sort: 30, color: '', kind: 'open' },
          { id: '10', name: 'Новая', sort: 20, color: '', kind: 'open' },
          { id: '5', name: 'Неразобранное', sort: 10, color: '', kind: 'unsorted' },
        ],
      },
    ],
  }

  it('AMO-10: begins with the first funnel that lives and its first stage', () => {
    expect(firstStage(directory)?.stage.id).toBe('10')
    expect(firstStage({ ...directory, pipelines: [] })).toBeNull()
  })

  it('AMO-10: says what became of a stage', () => {
    expect(stageFault(directory, { pipeline: '1', stage: '11' })).toBeNull()
    expect(stageFault(directory, { pipeline: '1', stage: '77' })).toBe('gone_stage')
    expect(stageFault(directory, { pipeline: '7', stage: '11' })).toBe('gone_pipeline')
    expect(stageFault(directory, { pipeline: '9', stage: '11' })).toBe('archived_pipeline')
    expect(stageFault(directory, { pipeline: '1', stage: '142' })).toBe('closed_stage')
    expect(stageFault({ ...directory, pipelines: [] }, { pipeline: '7', stage: '1' })).toBeNull()
  })

  it('CRM-3: finds an employee by an equal address, active ones alone', () => {
    const user = (id: string, email: string, active = true): CrmUser => ({ id, name: id, email, active, admin: false })
    const users = [user('1', 'Anna@Dveri.ru'), user('2', 'oleg@dveri.ru', false), user('3', '')]
    expect(byMail(' anna@dveri.ru', users)?.id).toBe('1')
    expect(byMail('oleg@dveri.ru', users)).toBeUndefined()
    expect(byMail('', users)).toBeUndefined()
    expect(linked([{ employee: 'a', user: '1' }], 'a', '2')).toEqual([{ employee: 'a', user: '2' }])
    expect(linked([{ employee: 'a', user: '1' }], 'a', '')).toEqual([])
  })

  it('WA-5: reads numbers as people write them', () => {
    expect(readPhone('8 (916) 123-45-67')).toBe('+79161234567')
    expect(readPhone('79161234567')).toBe('+79161234567')
    expect(readPhone('+4915112345678')).toBe('+4915112345678')
    expect(readPhone('Анна')).toBe('Анна')
    expect(readPhones(['89161234567', '+7 916 123-45-67'])).toEqual(['+79161234567'])
  })
})

describe('AMO-5: when a task is due', () => {
  it('is told in the largest whole unit', () => {
    const told = [1, 60, 90, 120, 1440, 2880, 1500, Number.NaN].map((minutes) => unitOf(minutes, MINUTES))
    expect(told).toEqual(['m', 'h', 'm', 'h', 'd', 'd', 'h', 'm'])
    expect(spanOf('2', sizeOf('h', MINUTES))).toBe(120)
    expect(spanOf('', 1440)).toBeNaN()
    expect(spanOf('-3', 1)).toBe(0)
    expect(unitOf(90, SECONDS)).toBe('s')
  })
})

describe('AMO-1: coming back from consent', () => {
  it('tells what came of it', () => {
    expect(comeBack('?connected=prt_1')).toEqual({ is: 'connected', portal: 'prt_1' })
    expect(comeBack('?error=state')).toEqual({ is: 'refused', code: 'state' })
    expect(comeBack('')).toBeNull()
    expect(reasonOf('other_account')).toBe('other_account')
    expect(reasonOf('internal')).toBe('other')
  })
})

describe('lists of the CRM while they are looked at', () => {
  it('AMO-12: are taken when they were pulled after those that are shown', () => {
    const at = (fetched_at: string | null) => ({ fetched_at })
    expect(isNewer(at('2031-05-01T12:00:01Z'), at('2031-05-01T12:00:00.5Z'))).toBe(true)
    expect(isNewer(at('2031-05-01T12:00:00Z'), at('2031-05-01T12:00:00Z'))).toBe(false)
    expect(isNewer(at('2031-05-01T12:00:00Z'), at(null))).toBe(true)
    expect(isNewer(at(null), at(null))).toBe(false)
  })
})

describe('leaving a page with something unsaved', () => {
  it('tabs below its address are the same page', () => {
    expect(isWithin('/cabinet/crm/int_1', '/cabinet/crm/int_1')).toBe(true)
    expect(isWithin('/cabinet/crm/int_1/log/run_1', '/cabinet/crm/int_1')).toBe(true)
    expect(isWithin('/cabinet/crm/int_12', '/cabinet/crm/int_1')).toBe(false)
    expect(isWithin('/cabinet/crm', '/cabinet/crm/int_1')).toBe(false)
  })
})

describe('two admins at once', () => {
  const base: IntegrationDraft = { name: 'Основная', enabled: true, settings: firstSettings }
  const with_ = (change: Partial<AmoSettings>, own: Partial<IntegrationDraft> = {}): IntegrationDraft => ({
    ...base,
    ...own,
    settings: { ...firstSettings, ...change },
  })

  it('what was changed in different places is kept of both', () => {
    const { draft, theirs, both } = rebased(base, with_({ files: true }), with_({ transcript: 'online' }, { name: 'Другая' }))
    expect(draft.settings).toMatchObject({ files: true, transcript: 'online' })
    expect(draft.name).toBe('Другая')
    expect([theirs, both]).toEqual([['main', 'history'], []])
  })

  it('where both changed the same, mine stands and the tab is named', () => {
    const mine = with_({ deal_choice: 'oldest' }, { enabled: false })
    const told = rebased(base, mine, with_({ deal_choice: 'last_changed' }, { enabled: false }))
    expect(told.draft.settings.deal_choice).toBe('oldest')
    expect(told.both).toEqual(['history'])
  })
})

describe('what the journal is narrowed to', () => {
  it('stands in the address and is read from it', () => {
    const query = { state: 'failed' as const, portal: 'prt_1', number: '12' }
    expect(writeQuery(query)).toBe('?state=failed&portal=prt_1&number=12')
    expect(readQuery(writeQuery(query))).toEqual(query)
    expect(readQuery('?state=nonsense&number=%2312')).toEqual({ state: '', portal: '', number: '12' })
    expect(writeQuery(readQuery(''))).toBe('')
  })
})
