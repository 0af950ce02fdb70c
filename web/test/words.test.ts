import { describe, expect, it } from 'vitest'
import { fileKind, length, tooMuch } from '../src/desk/composer/limits'
import { clock, phone, size, waited } from '../src/kit/i18n/format'
import { enPlural, ruPlural } from '../src/kit/i18n/plural'
import { pressed } from '../src/kit/keys'
import { hue, initials } from '../src/kit/ui/avatar'

describe('words', () => {
  it('Russian has three forms', () => {
    const form = (n: number) => ruPlural(n, 'чат', 'чата', 'чатов')
    expect([1, 2, 5, 11, 21, 112].map(form)).toEqual(['чат', 'чата', 'чатов', 'чатов', 'чат', 'чатов'])
    expect([1, 2].map((n) => enPlural(n, 'chat', 'chats'))).toEqual(['chat', 'chats'])
  })

  it('phones, sizes, times', () => {
    expect(phone('+79264410832')).toBe('+7 926 441-08-32')
    expect(phone('+4915112345')).toBe('+4915112345')
    expect(size(1_887_436)).toBe('1,8 МБ')
    expect(clock(94)).toBe('1:34')
    expect(waited('2026-11-22T10:00:00Z', Date.parse('2026-11-22T10:04:59Z')).minutes).toBe(4)
  })

  it('initials pass over forms of ownership', () => {
    expect(initials('Екатерина Мельникова')).toBe('ЕМ')
    expect(initials('ООО «Северный ветер»')).toBe('СВ')
    expect(initials('+7 903 218-44-07')).toBe('#')
    expect(Math.abs(hue('Гость 1') - hue('Гость 2'))).toBeGreaterThan(30)
  })
})

describe('keys', () => {
  const key = (code: string, key: string, more = {}) => new KeyboardEvent('keydown', { code, key, ...more })
  it('are places, not letters: KeyE types "у" on a Russian layout', () => {
    expect(pressed(key('KeyE', 'У', { shiftKey: true }), { code: 'KeyE', shift: true })).toBe(true)
    expect(pressed(key('KeyE', 'у'), { code: 'KeyE', shift: true })).toBe(false)
  })
  it('Alt and AltGr are for letters', () => {
    expect(pressed(key('KeyE', '€', { altKey: true, ctrlKey: true }), { code: 'KeyE', mod: true })).toBe(false)
  })
})

describe('limits', () => {
  const bot = {
    max_text: 10,
    max_caption: 5,
    max_files: 1,
    text_unit: 'utf16',
    files: [{ kind: 'image', max_bytes: 100 }],
  } as unknown as Parameters<typeof tooMuch>[2]
  const image = { name: 'a.png', type: 'image/png', size: 50 }
  it('are counted as the service counts', () => {
    expect(length('😀', 'utf16')).toBe(2)
    expect(length('😀', 'characters')).toBe(1)
    expect(length('ё', 'bytes')).toBe(2)
  })
  it('are said before sending', () => {
    expect(tooMuch('коротко', [], bot)).toBeNull()
    expect(tooMuch('длиннее десяти', [], bot)).not.toBeNull()
    expect(tooMuch('подпись', [image], bot)).not.toBeNull()
    expect(tooMuch('', [image, image], bot)).not.toBeNull()
    expect(tooMuch('', [{ ...image, size: 101 }], bot)).not.toBeNull()
    expect(tooMuch('', [{ name: 'a.pdf', type: 'application/pdf', size: 5 }], bot)).not.toBeNull()
    expect(fileKind('application/pdf')).toBe('file')
  })
})
