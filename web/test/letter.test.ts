// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest'
import { wrapLetter, type Wrapping } from '../src/desk/thread/wrap-letter'

const how: Wrapping = {
  origin: 'https://beseda.test',
  styles: 'https://beseda.test/assets/letter.css',
  theme: 'light',
  language: 'ru',
  images: 'hidden',
  file: (id) => (id === 'logo@1' ? 'https://beseda.test/files/signed' : null),
  quoted: 'Показать цитату',
}
const body = (html: string, more: Partial<Wrapping> = {}) => {
  const { page } = wrapLetter(html, { ...how, ...more })
  return page.slice(page.indexOf('<body>') + 6, page.indexOf('</body>'))
}

describe('a letter in its frame', () => {
  it('nothing of it runs', () => {
    for (const html of [
      '<script>alert(1)</script>a',
      '<p onclick="alert(1)" style="color:red">a</p>',
      '<iframe src="about:blank"></iframe>a',
      '<a href="javascript:alert(1)">a</a>',
      '<form action="https://e.test"><input></form>a',
      '<svg onload="alert(1)"></svg>a',
      '<object data="x"></object><embed src="x">a',
    ]) {
      const text = body(html)
      expect(text, html).not.toMatch(/script|on\w+=|style=|iframe|form|input|svg|object|embed|alert/i)
      expect(text, html).toContain('a')
    }
  })

  it('remote images wait for a click; those of the letter itself are shown', () => {
    const html = '<img src="https://e.test/1.png"><img data-src="http://e.test/2.png"><img src="cid:logo@1"><img src="cid:none">'
    const hidden = wrapLetter(html, how)
    expect(hidden.hidden).toBe(2)
    expect(hidden.page).not.toContain('e.test')
    expect(hidden.page).toContain('https://beseda.test/files/signed')
    expect(hidden.page).not.toContain('cid:')
    const shown = wrapLetter(html, { ...how, images: 'shown' })
    expect(shown.hidden).toBe(0)
    expect(shown.page).toContain('src="https://e.test/1.png"')
    expect(shown.page).toContain('src="https://e.test/2.png"')
  })

  it('its own policy allows no script ever, and other places only for images that were asked for', () => {
    const policy = (images: Wrapping['images']) => /Content-Security-Policy" content="([^"]*)"/.exec(wrapLetter('a', { ...how, images }).page)?.[1] ?? ''
    expect(policy('hidden')).toContain("default-src 'none'")
    expect(policy('hidden')).not.toMatch(/script-src|https:(?!\/\/beseda\.test)/)
    expect(policy('shown')).toMatch(/img-src [^;]* https:/)
  })

  it('quotes are folded, the outermost once', () => {
    const text = body('<p>новое</p><blockquote>старое<blockquote>древнее</blockquote></blockquote>')
    expect(text.match(/<details>/g)).toHaveLength(1)
    expect(text).toContain('<summary>Показать цитату</summary>')
  })

  it('links open elsewhere and tell nothing', () => {
    expect(body('<a href="https://e.test/x" target="_top">x</a>')).toMatch(/target="_blank"/)
    expect(body('<a href="https://e.test/x">x</a>')).toContain('noreferrer')
  })
})
