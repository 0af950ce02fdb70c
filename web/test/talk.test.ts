// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest'
import type { Capabilities, Channel, Contact } from '../src/kit/api/types'
import { faultOf } from '../src/desk/card/field-values'
import { gain, likely } from '../src/desk/card/merging'
import { zoneOf } from '../src/desk/card/zone'
import { otherWays } from '../src/desk/composer/account'
import { fill, matching, sections } from '../src/desk/composer/canned'
import { findEmoji, groups } from '../src/desk/composer/emoji'
import { accepts, fullness, tooMuch } from '../src/desk/composer/limits'
import { smsOf } from '../src/desk/composer/sms'
import { colleagues, mentionAt, mentioned, mentionPieces, withMention } from '../src/desk/composer/mentions'
import type { CannedReply } from '../src/desk/store/talk-api'
import { together } from '../src/desk/thread/find'
import { cut, marker } from '../src/desk/thread/marks'
import { peaks } from '../src/desk/thread/waveform'

const reply = (title: string, more: Partial<CannedReply> = {}): CannedReply => ({
  canned_reply_id: title, shortcut: '', title, text: '', section: '', group_id: null, used_count: 0, updated_at: '', ...more,
})

describe('canned replies', () => {
  const values = { name: 'Олег', operator: 'Марина', company: 'Двери', number: '12' }
  it('variables in either language; others stay', () => {
    expect(fill('{Имя}, это {operator} из «{компания}», чат {number}. {скидка}', values)).toBe(
      'Олег, это Марина из «Двери», чат 12. {скидка}',
    )
  })
  it('a name that is not known goes with its comma', () => {
    expect(fill('Добрый день, {имя}! Ждём.', { ...values, name: '' })).toBe('Добрый день! Ждём.')
  })
  it('the word after the slash first, then titles, then texts; the used above the unused', () => {
    const all = [
      reply('Адрес', { text: 'Доставка со склада' }),
      reply('Доставка по городу', { used_count: 1 }),
      reply('Доставка в регионы', { used_count: 5 }),
      reply('Привет', { shortcut: 'дост' }),
    ]
    expect(matching(all, 'ДОСТ').map((one) => one.title)).toEqual(['Привет', 'Доставка в регионы', 'Доставка по городу', 'Адрес'])
    expect(matching(all, 'нет такого')).toEqual([])
    expect(matching([reply('Счёт')], 'счет')).toHaveLength(1)
  })
  it('by sections', () => {
    const grouped = sections([reply('б', { section: 'Оплата' }), reply('а')])
    expect(grouped.map((one) => one.section)).toEqual(['', 'Оплата'])
  })
})

describe('mentions', () => {
  const people = [
    { employee_id: 'e1', name: 'Антон' },
    { employee_id: 'e2', name: 'Антон Белов' },
    { employee_id: 'e3', name: 'Олеся Ёлкина' },
  ]
  it('begins after a space or at the beginning, not within an address', () => {
    expect(mentionAt('спроси @Ант', 11)).toEqual({ from: 7, query: 'Ант' })
    expect(mentionAt('@', 1)).toEqual({ from: 0, query: '' })
    expect(mentionAt('mail@ru', 7)).toBeNull()
    expect(mentionAt('@Антон Белов уже', 16)).toBeNull()
  })
  it('finds by any word of the name', () => {
    expect(colleagues(people, 'бел').map((one) => one.employee_id)).toEqual(['e2'])
    expect(colleagues(people, 'елк').map((one) => one.employee_id)).toEqual(['e3'])
  })
  it('puts the name in and goes on after it', () => {
    expect(withMention('спроси @Ант', 7, 11, 'Антон Белов')).toEqual({ text: 'спроси @Антон Белов ', caret: 20 })
  })
  it('the longest name holds, each once, and not within words', () => {
    expect(mentioned('@Антон Белов, @Олеся Ёлкина и @Антон Белов', people)).toEqual(['e2', 'e3'])
    expect(mentioned('@Антоном x@Антон', people)).toEqual([])
    expect(mentionPieces('да @Антон!', people)).toEqual([
      { text: 'да ' },
      { text: '@Антон', employee_id: 'e1' },
      { text: '!' },
    ])
  })
})

describe('channels', () => {
  const channel = (id: string, kind: string) => ({ channel_id: id, kind, name: id, state: 'connected' }) as unknown as Channel
  const can = (write_first: boolean) => ({ write_first }) as unknown as Capabilities
  const contact = {
    phones: ['+79264410832'], emails: ['a@b.ru'],
    identities: [{ identity_id: 'i', channel_id: 'wa', name: '', username: 'oleg', reachable: true }],
  } as unknown as Contact
  it('others by which the customer may be written to first', () => {
    const kinds = new Map([['email', can(true)], ['whatsapp_web', can(true)], ['telegram_bot', can(false)]])
    const all = [channel('mail', 'email'), channel('wa', 'whatsapp_web'), channel('tg', 'telegram_bot'), channel('now', 'email')]
    expect(otherWays(contact, all, kinds, 'now').map((way) => [way.channel.channel_id, way.to])).toEqual([
      ['mail', 'a@b.ru'],
      ['wa', '+79264410832'],
    ])
    expect(otherWays({ ...contact, phones: [] }, all, kinds, 'now')[1]?.to).toBe('@oleg')
  })
  it('limits are said before', () => {
    const limits = { files: [{ kind: 'image', max_bytes: 10_485_760 }], max_files: 10, max_text: 100, max_caption: 20, text_unit: 'characters' } as unknown as Capabilities
    expect(accepts(limits)).toBe('Канал принимает: фото до 10 МБ')
    expect(accepts({ ...limits, files: [] })).toBe('Этот канал не принимает файлы')
    expect(fullness('я'.repeat(79), 0, limits)).toBeNull()
    expect(fullness('я'.repeat(80), 0, limits)).toEqual({ told: '80 / 100', look: 'near' })
    expect(fullness('я'.repeat(16), 1, limits)).toEqual({ told: '16 / 20', look: 'near' })
  })
})

describe('an SMS', () => {
  it('CH-11: parts at their borders, as domain::sms counts them', () => {
    const borders: [string, number][] = [
      ['', 1],
      ['a'.repeat(160), 1],
      ['a'.repeat(161), 2],
      ['a'.repeat(306), 2],
      ['a'.repeat(307), 3],
      ['€'.repeat(80), 1],
      ['€'.repeat(81), 2],
      ['€'.repeat(153), 3],
      ['ж'.repeat(70), 1],
      ['ж'.repeat(71), 2],
      ['ж'.repeat(134), 2],
      ['ж'.repeat(160), 3],
      ['😀'.repeat(35), 1],
      ['😀'.repeat(67), 3],
      [`${'a'.repeat(70)}ж`, 2],
    ]
    for (const [text, parts] of borders) expect([[...text].length, smsOf(text).parts]).toEqual([[...text].length, parts])
  })
  it('CH-11: what is left of the last part', () => {
    expect(smsOf('Добрый день')).toEqual({ parts: 1, left: 59 })
    expect(smsOf('ж'.repeat(100))).toEqual({ parts: 2, left: 34 })
    expect(smsOf('a'.repeat(153) + '€')).toEqual({ parts: 1, left: 5 })
    // A control sign of the alphabet's own escape is none of its letters.
    expect(smsOf('\u{1b}'.repeat(71)).parts).toBe(2)
  })
  it('CH-11: the number of parts is told from the first letter, and too many are refused', () => {
    const sms = { files: [], max_files: 0, max_text: 2, max_caption: 0, text_unit: 'sms_parts' } as unknown as Capabilities
    expect(fullness('', 0, sms)).toBeNull()
    expect(fullness('Да', 0, sms)).toEqual({ told: '1 SMS · осталось 68', look: 'calm' })
    expect(fullness('ж'.repeat(100), 0, sms)).toEqual({ told: '2 SMS · осталось 34', look: 'near' })
    expect(fullness('ж'.repeat(135), 0, sms)?.look).toBe('over')
    expect(tooMuch('ж'.repeat(134), [], sms)).toBeNull()
    expect(tooMuch('ж'.repeat(135), [], sms)).toContain('3 SMS')
  })
})

describe('found words', () => {
  it('are marked by their stems, whatever the letter ё', () => {
    const texts = cut('Дверью и дверей, подвериться', marker('двери')).filter((one) => one.hit).map((one) => one.text)
    expect(texts).toEqual(['Дверью', 'дверей'])
    expect(cut('ёлка', marker('елка')).some((one) => one.hit)).toBe(true)
    expect(cut('цена (от 5)', marker('5) (от')).filter((one) => one.hit).map((one) => one.text)).toEqual(['от'])
    expect(marker('-нет "')).toBeNull()
  })
  it('places of both searches, the latest first, each once', () => {
    expect(together([9, 3], [12, 3, 1])).toEqual([12, 9, 3, 1])
  })
})

describe('waveform', () => {
  it('has so many bars, the loudest one whole', () => {
    const samples = Float32Array.from({ length: 1000 }, (_, i) => (i < 500 ? 0.1 : 0.5) * (i % 2 ? 1 : -1))
    const heights = peaks(samples, 4)
    expect(heights.map((one) => Math.round(one * 10))).toEqual([2, 2, 10, 10])
  })
  it('silence is flat, nothing is nothing, few samples do', () => {
    expect(peaks(new Float32Array(100), 3)).toEqual([0, 0, 0])
    expect(peaks([], 3)).toEqual([])
    expect(peaks([1, 0.5], 4)).toHaveLength(4)
  })
})

describe('the card', () => {
  const contact = (more: Partial<Contact>): Contact => ({
    contact_id: 'c1', name: '', phones: [], emails: [], fields: {}, tags: [], identities: [], created_at: '', ...more,
  }) as Contact
  it('CV-9: what a merge brings, without what is there', () => {
    const kept = contact({ phones: ['1'], tags: ['t1'], fields: { city: 'Тверь' } as unknown as Contact['fields'] })
    const other = contact({ contact_id: 'c2', phones: ['1', '2'], tags: ['t1', 't2'], fields: { city: 'Клин', age: '5', no: '' } as unknown as Contact['fields'] })
    expect(gain(kept, other)).toEqual({ phones: ['2'], emails: [], identities: [], tags: ['t2'], fields: ['age'] })
  })
  it('the likeliest double first, never itself nor one merged away', () => {
    const found = [
      contact({ contact_id: 'c1' }),
      contact({ contact_id: 'far', name: 'Иван' }),
      contact({ contact_id: 'name', name: 'олег' }),
      contact({ contact_id: 'phone', phones: ['1'] }),
      contact({ contact_id: 'gone', merged_into: 'x' }),
    ]
    const me = contact({ name: 'Олег', phones: ['1'] })
    expect(likely(me, found).map((one) => one.contact_id)).toEqual(['phone', 'name', 'far'])
  })
  it('where a phone is', () => {
    expect(zoneOf('+74951234567')).toBe('Europe/Moscow')
    expect(zoneOf('+73432000000')).toBe('Asia/Yekaterinburg')
    expect(zoneOf('+375291234567')).toBe('Europe/Minsk')
    expect(zoneOf('+79264410832')).toBeNull()
    expect(zoneOf('+78005553535')).toBeNull()
  })
  it('values of fields', () => {
    expect(faultOf('number', '1 250,5')).toBeNull()
    expect(faultOf('number', 'много')).toBe('number')
    expect(faultOf('link', 'javascript:alert(1)')).toBe('link')
    expect(faultOf('link', '')).toBeNull()
  })
})

describe('emoji', () => {
  it('are found by words of both languages, and stand once', () => {
    expect(findEmoji('спасибо').map((one) => one.sign)).toContain('🙏')
    expect(findEmoji('thank').map((one) => one.sign)).toContain('🙏')
    const signs = groups.flatMap((group) => group.items.map((one) => one.sign))
    expect(new Set(signs).size).toBe(signs.length)
    expect(groups.every((group) => group.items.every((one) => one.words.includes('|')))).toBe(true)
  })
})
