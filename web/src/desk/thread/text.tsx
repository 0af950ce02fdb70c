import { Fragment, type ReactNode, useMemo } from 'react'
import type { Span } from '../../kit/api/types'
import { mentionPieces } from '../composer/mentions'
import { useLook } from './look'
import { cut } from './marks'

const ADDRESS = /\bhttps?:\/\/[^\s<>"'«»]+[^\s<>"'«».,;:!?)\]]/giu

interface Named {
  employee_id: string
  name: string
}

/** A message's text as it is: nothing in it is markup. Styles come as stretches beside it. */
export function Text({
  text,
  spans,
  named,
}: {
  text: string
  spans?: Span[] | undefined
  /** Colleagues whom a note names. */
  named?: readonly Named[] | undefined
}) {
  const { marks } = useLook()
  return (
    <span className="break-words whitespace-pre-wrap">
      {useMemo(() => {
        if (spans?.length) return styled(text, spans, marks)
        return named?.length ? withNames(text, named, marks) : linked(text, marks)
      }, [text, spans, named, marks])}
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

function marked(text: string, marks: RegExp | null): ReactNode {
  if (!marks) return text
  return cut(text, marks).map((piece, index) =>
    piece.hit ? (
      <mark key={index} className="rounded-sm bg-amber-soft text-amber outline-1 outline-amber">
        {piece.text}
      </mark>
    ) : (
      <Fragment key={index}>{piece.text}</Fragment>
    ),
  )
}

function linked(text: string, marks: RegExp | null): ReactNode[] {
  const parts: ReactNode[] = []
  let end = 0
  for (const match of text.matchAll(ADDRESS)) {
    if (match.index > end) parts.push(<Fragment key={`t${end}`}>{marked(text.slice(end, match.index), marks)}</Fragment>)
    parts.push(
      <Outside key={match.index} href={match[0]}>
        {marked(match[0], marks)}
      </Outside>,
    )
    end = match.index + match[0].length
  }
  parts.push(<Fragment key={`t${end}`}>{marked(text.slice(end), marks)}</Fragment>)
  return parts
}

function withNames(text: string, named: readonly Named[], marks: RegExp | null): ReactNode[] {
  return mentionPieces(text, named).map((piece, index) =>
    piece.employee_id ? (
      <span key={index} className="rounded bg-[rgb(0_0_0/0.08)] px-0.5 font-semibold">
        {piece.text}
      </span>
    ) : (
      <Fragment key={index}>{linked(piece.text, marks)}</Fragment>
    ),
  )
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
function styled(text: string, spans: Span[], marks: RegExp | null): ReactNode[] {
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
        {url ? <Outside href={url}>{marked(piece, marks)}</Outside> : linked(piece, marks)}
      </span>
    )
  })
}
