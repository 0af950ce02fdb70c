// Pure parts of the site widget, whose scripts are served as they are written.
import { describe, expect, it } from 'vitest'

// @ts-expect-error the scripts have no types of their own
import { accentOf, contrast } from '../../crates/channel-widget/assets/look.js'
// @ts-expect-error
import { languageOf, textsOf } from '../../crates/channel-widget/assets/texts.js'
// @ts-expect-error
import { requestForm, wrongFields } from '../../crates/channel-widget/assets/forms.js'
// @ts-expect-error
import { wrongFile } from '../../crates/channel-widget/assets/uploads.js'
// @ts-expect-error
import { cleaned } from '../../crates/channel-widget/assets/around.js'

const texts = textsOf('ru')

describe('the accent of a company', () => {
  it('is readable whatever was chosen', () => {
    for (const color of ['#0b6e5f', '#ffffff', '#000000', '#ffeb3b', '#e53935', '#f57c00', '#7a3db8', '#9e9e9e', '#00bcd4']) {
      const { fill, ink } = accentOf(color)
      expect(contrast(fill, ink), color).toBeGreaterThanOrEqual(4.5)
    }
  })
  it('stays as it is when white reads well on it, and falls back when it is none', () => {
    expect(accentOf('#0B6E5F')).toEqual({ fill: '#0b6e5f', ink: '#ffffff' })
    expect(accentOf('red').fill).toBe('#0b6e5f')
  })
})

describe('the language of the page', () => {
  it('is that of the settings, then of the page, then of the browser', () => {
    expect(languageOf({ language: 'en' }, 'ru')).toBe('en')
    expect(languageOf({ language: 'auto' }, 'ru')).toBe('ru')
    expect(languageOf({ language: 'auto' }, 'de')).toBe('en')
    expect(languageOf({ language: 'auto' }, '')).toBe(navigator.language.startsWith('ru') ? 'ru' : 'en')
  })
})

describe('forms', () => {
  it('name each wrong field, and leave what may be empty', () => {
    const fields = [{ key: 'name', required: false }, { key: 'phone', required: true }, { key: 'email', required: false }]
    expect(wrongFields(fields, {}, texts)).toEqual({ phone: texts.required })
    expect(wrongFields(fields, { phone: 'звоните', email: 'a@b' }, texts)).toEqual({ phone: texts.badPhone, email: texts.badEmail })
    expect(wrongFields(requestForm.fields, { name: 'Ольга', text: 'Жду', phone: '+7 926 441-08-32' }, texts)).toEqual({})
  })
})

describe('a file', () => {
  const limits = { accept: '.jpg,.pdf', max_bytes: 20 * 2 ** 20 }
  it('is refused before it is sent', () => {
    expect(wrongFile({ name: 'Фото.JPG', size: 5 }, limits, texts)).toBe('')
    expect(wrongFile({ name: 'page.html', size: 5 }, limits, texts)).toBe(texts.badType)
    expect(wrongFile({ name: 'file', size: 5 }, limits, texts)).toBe(texts.badType)
    expect(wrongFile({ name: 'a.pdf', size: 0 }, limits, texts)).toBe(texts.emptyFile)
    expect(wrongFile({ name: 'a.pdf', size: 21 * 2 ** 20 }, limits, texts)).toContain('20')
  })
})

describe('what a site tells of its visitor', () => {
  it('keeps texts of known fields alone', () => {
    expect(cleaned({ name: ' Анна ', phone: 5, email: '', role: 'admin' })).toEqual({ name: 'Анна' })
  })
})
