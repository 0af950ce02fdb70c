import { describe, expect, it } from 'vitest'
import { asEmoji, lastEditable, mayChange, mayEdit, mayReact, wordsOf } from '../src/desk/message/changing'
import { httpOnly, listingLine } from '../src/desk/listing'
import type { Capabilities, Listing, Message } from '../src/kit/api/types'

const NOW = Date.parse('2026-11-22T10:00:00Z')
const message = (more: Partial<Message> = {}): Message => ({
  message_id: 'msg_1', conversation_id: 'cnv_1', position: 1, direction: 'outbound', author_id: 'emp_me', status: 'sent',
  body: { type: 'text', text: 'Да', spans: [] }, occurred_at: '', created_at: '2026-11-22T09:30:00Z', ...more,
} as Message)
const can = { edit_within: 3600, remove_within: 3600, reactions: ['👍'] } as unknown as Capabilities

describe('a message that was sent', () => {
  it('CV-6: is changed by whoever sent it, within the channel’s time', () => {
    expect(mayChange(message(), 'emp_me', 3600, NOW)).toBe(true)
    expect(mayChange(message({ created_at: '2026-11-22T08:59:59Z' }), 'emp_me', 3600, NOW)).toBe(false)
    for (const within of [null, undefined, 0]) expect(mayChange(message(), 'emp_me', within, NOW)).toBe(false)
    for (const odd of [
      { author_id: 'emp_other' },
      { direction: 'note' },
      { direction: 'inbound' },
      { status: 'queued' },
      { status: 'failed' },
      { removed_at: '2026-11-22T09:40:00Z' },
      { change: { what: 'edit', state: 'pending', by: 'emp_me', at: '' } },
    ] as Partial<Message>[]) expect([odd, mayChange(message(odd), 'emp_me', 3600, NOW)]).toEqual([odd, false])
    // What the service would not do may be tried again.
    expect(mayChange(message({ change: { what: 'edit', state: 'refused', by: 'emp_me', at: '' } }), 'emp_me', 3600, NOW)).toBe(true)
  })

  it('CV-6: has its words changed, not its place on a map', () => {
    expect(wordsOf(message({ body: { type: 'files', files: [], caption: 'Вид спереди' } as never }))).toBe('Вид спереди')
    const place = message({ body: { type: 'location', latitude: 1, longitude: 2 } as never })
    expect(mayEdit(place, 'emp_me', can, NOW)).toBe(false)
    expect(lastEditable([message(), message({ message_id: 'msg_2' }), place], 'emp_me', can, NOW)?.message_id).toBe('msg_2')
    expect(lastEditable([message()], 'emp_me', undefined, NOW)).toBeUndefined()
  })

  it('CV-6: takes an emoji where the channel can put one', () => {
    expect(mayReact(message({ direction: 'inbound' }), can)).toBe(true)
    expect(mayReact(message({ direction: 'note' }), can)).toBe(false)
    expect(mayReact(message(), { ...can, reactions: [] })).toBe(false)
    expect(['❤', '😁', '❤\uFE0F', '🇷🇺', '👨\u200D💻'].map(asEmoji)).toEqual(['❤\uFE0F', '😁\uFE0F', '❤\uFE0F', '🇷🇺', '👨\u200D💻'])
  })
})

describe('a listing', () => {
  const listing = (more: Partial<Listing>): Listing => ({ external_id: '1', title: '', price: null, url: null, image: null, ...more })

  it('CV-5: is told on one line; an address alone is no name', () => {
    expect(listingLine(listing({ title: 'Lada Vesta', price: '900 000 ₽' }))).toBe('Lada Vesta, 900 000 ₽')
    expect(listingLine(listing({ external_id: '1234567' }))).toBe('1234567')
    expect(listingLine(listing({ external_id: 'https://auto.ru/1', price: '5 ₽' }))).toBe('5 ₽')
  })

  it('opens only what a browser should', () => {
    expect(httpOnly('https://avito.ru/1')).toBe('https://avito.ru/1')
    expect(httpOnly('javascript:alert(1)')).toBeUndefined()
    expect(httpOnly(null)).toBeUndefined()
  })
})
