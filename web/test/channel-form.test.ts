import { describe, expect, it } from 'vitest'
import { firstAnswers, sentAnswers, shownFields } from '../src/cabinet/channel/answers'
import { nameOf, rows } from '../src/cabinet/channel/choices'
import { cameBack, consentAsked } from '../src/cabinet/channel/consent'
import { ownSecret } from '../src/cabinet/channel/own-secret'
import type { ChannelDetails, FormField } from '../src/kit/api/types'

describe('ways to connect', () => {
  const base = { label: { ru: '', en: '' }, help: null, required: false, advanced: false }
  const fields: FormField[] = [
    { ...base, key: 'by', kind: 'ways', default: null, ways: [
      { value: 'smpp', label: base.label, fields: ['host', 'password'] },
      { value: 'http', label: base.label, fields: ['password'] },
    ] },
    { ...base, key: 'number', kind: 'text', placeholder: null },
    { ...base, key: 'host', kind: 'text', placeholder: null },
    { ...base, key: 'password', kind: 'secret' },
  ]
  const keys = (answers: Record<string, unknown>) => shownFields(fields, answers).map((one) => one.key)

  it('CH-11: bring their own fields; those of the others are neither shown nor sent', () => {
    expect(keys({})).toEqual(['by', 'number'])
    expect(keys({ by: 'smpp' })).toEqual(['by', 'number', 'host', 'password'])
    expect(keys({ by: 'http' })).toEqual(['by', 'number', 'password'])
    expect(sentAnswers(fields, { by: 'http', host: 'smpp.test', password: 'x', number: '' })).toEqual({ by: 'http', password: 'x' })
  })
})

describe('a list that the service offers', () => {
  const offers = [{ value: '+79001112233', label: 'Продажи' }, { value: '+79004445566', label: '' }]

  it('CH-11: has what is chosen already, offered or not', () => {
    expect(rows(offers, '+79004445566')).toEqual(offers)
    expect(rows(offers, 'SHOP')).toEqual([{ value: 'SHOP', label: 'SHOP' }, ...offers])
    expect(rows(offers, '')).toEqual(offers)
  })

  it('reads as its name and what is stored', () => {
    expect(offers.map(nameOf)).toEqual(['Продажи (+79001112233)', '+79004445566'])
  })
})

describe('a secret of the company’s own', () => {
  it('CH-9: is of letters and digits, of the length that the kind asks for, and each time another', () => {
    const made = Array.from({ length: 20 }, () => ownSecret(32))
    for (const one of made) expect(one).toMatch(/^[A-Za-z0-9]{32}$/)
    expect(new Set(made).size).toBe(20)
    expect(ownSecret(4)).toHaveLength(4)
  })

  it('takes no byte that would make some signs likelier', () => {
    const bytes = [255, 248, 0, 61, 62, 247]
    const random = (into: Uint8Array<ArrayBuffer>) => into.map(() => bytes.shift() ?? 0)
    expect(ownSecret(2, random)).toBe('A9')
  })

  it('CH-9: stands in a new form by itself, and is left alone in a stored one', () => {
    const field = { key: 'chat_id', label: { ru: '', en: '' }, help: null, required: true, advanced: false, kind: 'own_secret', length: 24 } as FormField
    expect(firstAnswers([field])['chat_id']).toMatch(/^\w{24}$/)
    expect(firstAnswers([field], { settings: {} } as unknown as ChannelDetails)).toEqual({})
  })
})

describe('consent at the service', () => {
  const channel = (state: ChannelDetails['state'], external_id: string | null, consent = true) => ({ state, external_id, consent })

  it('CH-8: is asked for while the channel cannot work without it', () => {
    expect(consentAsked(channel('logged_out', null))).toBe('first')
    expect(consentAsked(channel('logged_out', '123'))).toBe('again')
    expect(consentAsked(channel('bad_credentials', '123'))).toBe('again')
    expect(consentAsked(channel('connected', '123'))).toBeNull()
    expect(consentAsked(channel('disabled', '123'))).toBeNull()
    expect(consentAsked(channel('logged_out', null, false))).toBeNull()
  })

  it('CH-8: the way back is told in words; what has none, by its code', () => {
    expect(cameBack('')).toBeNull()
    expect(cameBack('?consent=ok')).toEqual({ is: 'ok' })
    expect(cameBack('?consent=denied')).toMatchObject({ is: 'refused', reason: 'denied' })
    expect(cameBack('?consent=odd')).toEqual({ is: 'refused', reason: 'other', code: 'odd' })
  })
})
