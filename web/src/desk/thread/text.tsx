import { type ReactNode, useMemo } from 'react'
import type { Span } from '../../kit/api/types'

const ADDRESS = /\bhttps?:\/\/[^\s<>"'«»]+[^\s<>"'«».,;:!?)\]]/giu

/** A message's text as it is: nothing in it is markup. Styles come as stretches beside it. */
export function Text({ text, spans }: { text: string; spans?: Span[] | undefined }) {
  return (
    <span className="break-words whitespace-pre-wrap">
      {useMemo(() => (spans?.length ? styled(text, spans) : linked(text)), [text, spans])}
    </span>
  )
}

function safe(url: string): string | null {
  return /^(https?:|mailto:|tel:)/i.test(url) ? url : null
}

function Outside({ href, children }: { href: string; children: ReactNode }) {
  return (
    <a href={href} target="_blank" rel="noreferrer noopener" className="text-accent-text underline">
      {children}
    </a>
  )
}

function linked(text: string): ReactNode[] {
  const parts: ReactNode[] = []
  let end = 0
  for (const match of text.matchAll(ADDRESS)) {
    parts.push(text.slice(end, match.index))
    parts.push(
      <Outside key={match.index} href={match[0]}>
        {match[0]}
      </Outside>,
    )
    end = match.index + match[0].length
  }
  parts.push(text.slice(end))
  return parts
}

const classes: Partial<Record<Span['style'], string>> = {
  bold: 'font-semibold',
  italic: 'italic',
  underline: 'underline',
  strike: 'line-through',
  code: 'rounded bg-hover px-1 font-mono text-second',
  pre: 'block overflow-x-auto rounded-control bg-hover p-2 font-mono text-second',
  spoiler: 'rounded bg-edge text-transparent hover:bg-hover hover:text-ink',
  quote: 'block border-l-2 border-accent pl-2 text-ink2',
}

/** Stretches may overlap: the text is cut at every border, and each piece has all that cover it.
 * They count in UTF-16 units, as strings here do. */
function styled(text: string, spans: Span[]): ReactNode[] {
  const cuts = new Set([0, text.length])
  for (const span of spans) {
    cuts.add(Math.min(text.length, span.offset))
    cuts.add(Math.min(text.length, span.offset + span.length))
  }
  const borders = [...cuts].sort((a, b) => a - b)
  return borders.slice(0, -1).map((from, index) => {
    const to = borders[index + 1] ?? text.length
    const piece = text.slice(from, to)
    const over = spans.filter((span) => span.offset <= from && span.offset + span.length >= to)
    const link = over.find((span) => span.style === 'link')
    const url = link && safe(link.url ?? piece)
    const style = over.map((span) => classes[span.style] ?? '').join(' ')
    return (
      <span key={from} className={style}>
        {url ? <Outside href={url}>{piece}</Outside> : linked(piece)}
      </span>
    )
  })
}
