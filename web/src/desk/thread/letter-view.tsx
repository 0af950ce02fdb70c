import { ImageOff } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { Content } from '../../kit/api/types'
import { language, t } from '../../kit/i18n'
import { attachmentUrl } from './attachment-url'
import { File } from './file'
import { wrapLetter } from './wrap-letter'
import styles from './letter-page.css?url'
import { Text } from './text'

type LetterBody = Extract<Content, { type: 'letter' }>

const chip = 'rounded-control bg-hover px-2 text-second text-ink2 hover:brightness-95'

export function Letter({ letter }: { letter: LetterBody }) {
  const [plain, setPlain] = useState(!letter.html)
  return (
    <div className="space-y-2">
      {letter.subject && <div className="font-semibold break-words">{letter.subject}</div>}
      {plain || !letter.html ? <PlainLetter letter={letter} /> : <Page letter={letter} html={letter.html} />}
      {shownFiles(letter, plain).map((file) => (
        <File key={file.attachment_id} file={file} />
      ))}
      {letter.html && (
        <button type="button" className={chip} onClick={() => setPlain(!plain)}>
          {plain ? t.talk.letter.asHtml : t.talk.letter.asText}
        </button>
      )}
    </div>
  )
}

/** Pictures that stand inside the letter are not files beside it. */
function shownFiles(letter: LetterBody, plain: boolean) {
  const inside = (id: string | null | undefined) => !plain && !!id && !!letter.html?.includes(`cid:${id}`)
  return (letter.files ?? []).filter((file) => !inside(file.content_id))
}

function PlainLetter({ letter }: { letter: LetterBody }) {
  const [quoted, showQuoted] = useState(false)
  return (
    <>
      {letter.text && <Text text={letter.text} />}
      {letter.quoted && (
        <div>
          <button type="button" aria-expanded={quoted} className={chip} onClick={() => showQuoted(!quoted)}>
            {quoted ? t.chat.hideQuoted : t.chat.showQuoted}
          </button>
          {quoted && (
            <div className="mt-2 border-l-2 border-edge pl-2 text-ink2">
              <Text text={letter.quoted} />
            </div>
          )}
        </div>
      )}
    </>
  )
}

const TALLEST = 1600

/** Without scripts: same-origin only so that its height can be read from here. */
const SANDBOX = 'allow-same-origin allow-popups allow-popups-to-escape-sandbox'

function Page({ letter, html }: { letter: LetterBody; html: string }) {
  const [images, setImages] = useState<'hidden' | 'shown'>('hidden')
  const [files, setFiles] = useState<ReadonlyMap<string, string>>(new Map())
  const [height, setHeight] = useState(60)
  const frame = useRef<HTMLIFrameElement>(null)
  const dark = useDark()

  const own = letter.files
  useEffect(() => {
    const inside = (own ?? []).filter((file) => file.content_id && file.state === 'stored')
    if (inside.length === 0) return
    let gone = false
    void Promise.allSettled(
      inside.map(async (file) => [file.content_id, file.url ?? (await attachmentUrl(file.attachment_id))] as const),
    ).then((done) => {
      const known = done.flatMap((one) => (one.status === 'fulfilled' && one.value[0] && one.value[1] ? [one.value as [string, string]] : []))
      if (!gone) setFiles(new Map(known))
    })
    return () => {
      gone = true
    }
  }, [own])

  const { page, hidden } = useMemo(
    () =>
      wrapLetter(html, {
        origin: location.origin,
        styles: new URL(styles, location.href).href,
        theme: dark ? 'dark' : 'light',
        language,
        images,
        file: (id) => {
          const url = files.get(id)
          return url ? new URL(url, location.href).href : null
        },
        quoted: t.chat.showQuoted,
      }),
    [html, images, files, dark],
  )

  const watch = useRef<ResizeObserver | null>(null)
  useEffect(() => () => watch.current?.disconnect(), [])
  return (
    <>
      {hidden > 0 && (
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1 rounded-control bg-hover px-2 py-1 text-caption text-ink2">
          <ImageOff size={14} className="shrink-0" aria-hidden="true" />
          <span className="min-w-0 flex-1">{t.talk.letter.images(hidden)}</span>
          <button type="button" className="font-semibold text-accent-text underline" onClick={() => setImages('shown')}>
            {t.talk.letter.show}
          </button>
        </p>
      )}
      <iframe
        ref={frame}
        title={t.talk.letter.frame(letter.subject)}
        sandbox={SANDBOX}
        referrerPolicy="no-referrer"
        srcDoc={page}
        style={{ height }}
        className="block w-[620px] max-w-full border-0"
        onLoad={() => {
          const inner = frame.current?.contentDocument
          if (!inner?.body) return
          watch.current?.disconnect()
          const measure = () => setHeight(Math.min(TALLEST, Math.ceil(inner.documentElement.getBoundingClientRect().height)))
          watch.current = new ResizeObserver(measure)
          watch.current.observe(inner.documentElement)
          measure()
        }}
      />
    </>
  )
}

/** The theme that is on: the frame cannot see which one the page chose. */
function useDark(): boolean {
  const query = useMemo(() => matchMedia('(prefers-color-scheme: dark)'), [])
  const now = () => {
    const chosen = document.documentElement.dataset['theme']
    return chosen ? chosen === 'dark' : query.matches
  }
  const [dark, setDark] = useState(now)
  useEffect(() => {
    const look = () => setDark(now())
    const watch = new MutationObserver(look)
    watch.observe(document.documentElement, { attributeFilter: ['data-theme'] })
    query.addEventListener('change', look)
    return () => {
      watch.disconnect()
      query.removeEventListener('change', look)
    }
  })
  return dark
}
