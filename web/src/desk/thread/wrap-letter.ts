/** An e-mail's HTML made into a page of its own for a sandboxed frame. The server has sanitised it already;
 * this does not rely on that: nothing runs, nothing loads before it is asked for, and links open elsewhere. */
export interface Wrapping {
  /** Of the pages: the only place that the letter's own styles and files come from. */
  origin: string
  styles: string
  theme: 'light' | 'dark'
  language: string
  images: 'hidden' | 'shown'
  /** The address of a file of the letter by its content id. */
  file: (contentId: string) => string | null
  /** The words that unfold what is quoted. */
  quoted: string
}

const GONE =
  'script, style, link, meta, base, title, iframe, frame, frameset, object, embed, applet, form, input, button, textarea, select, svg, math, template, noscript, audio, video, source, track, canvas, portal, dialog'
const KEPT = new Set([
  'href', 'src', 'data-src', 'alt', 'title', 'width', 'height', 'align', 'valign', 'colspan', 'rowspan', 'dir', 'lang',
  'cellpadding', 'cellspacing', 'border', 'start', 'type', 'open',
])

/** The page of a letter, and how many images of it are held back. */
export function wrapLetter(html: string, how: Wrapping): { page: string; hidden: number } {
  const letter = new DOMParser().parseFromString(`<body>${html}`, 'text/html')
  const body = letter.body
  for (const one of body.querySelectorAll(GONE)) one.remove()
  for (const one of body.querySelectorAll('*')) {
    for (const { name } of [...one.attributes]) if (!KEPT.has(name.toLowerCase())) one.removeAttribute(name)
    if (one.hasAttribute('href')) link(one)
  }
  let hidden = 0
  for (const image of body.querySelectorAll('img')) {
    const source = image.getAttribute('src') ?? ''
    const remote = image.getAttribute('data-src') ?? (/^https?:/i.test(source) ? source : '')
    image.removeAttribute('src')
    image.removeAttribute('data-src')
    if (/^cid:/i.test(source)) {
      const own = how.file(contentId(source))
      if (own) image.setAttribute('src', own)
    } else if (/^https?:\/\//i.test(remote)) {
      // Without encryption everybody on the way would see which letter is read; most hosts have both.
      if (how.images === 'shown') image.setAttribute('src', remote.replace(/^http:/i, 'https:'))
      else {
        hidden++
        image.remove()
      }
    } else if (!image.alt) image.remove()
    image.setAttribute('referrerpolicy', 'no-referrer')
  }
  fold(letter, how.quoted)
  const sources = `'self' data: ${how.origin}${how.images === 'shown' ? ' https:' : ''}`
  const policy = `default-src 'none'; style-src ${how.origin}; img-src ${sources}; base-uri 'none'; form-action 'none'`
  return {
    hidden,
    page:
      `<!doctype html><html lang="${attribute(how.language)}" class="${how.theme}"><head><meta charset="utf-8">` +
      `<meta http-equiv="Content-Security-Policy" content="${attribute(policy)}">` +
      `<meta name="referrer" content="no-referrer"><base target="_blank">` +
      `<link rel="stylesheet" href="${attribute(how.styles)}"></head><body>${body.innerHTML}</body></html>`,
  }
}

function contentId(source: string): string {
  const id = source.slice(4)
  try {
    return decodeURIComponent(id)
  } catch {
    return id
  }
}

function link(one: Element) {
  const href = one.getAttribute('href') ?? ''
  if (one.tagName !== 'A' || !/^(https?:\/\/|mailto:|tel:)/i.test(href.trim())) one.removeAttribute('href')
  else {
    one.setAttribute('target', '_blank')
    one.setAttribute('rel', 'noopener noreferrer nofollow')
  }
}

/** What is quoted from letters before is folded, each outermost quote on its own. */
function fold(letter: Document, words: string) {
  for (const quote of letter.body.querySelectorAll('blockquote')) {
    if (quote.parentElement?.closest('blockquote, details')) continue
    const details = letter.createElement('details')
    const summary = letter.createElement('summary')
    summary.textContent = words
    quote.replaceWith(details)
    details.append(summary, quote)
  }
}

const attribute = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
