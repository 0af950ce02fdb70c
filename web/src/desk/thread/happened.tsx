import { Star } from 'lucide-react'
import { lazy, Suspense } from 'react'
import type { SystemLine } from '../../kit/api/types'
import { t, words } from '../../kit/i18n'
import { time } from '../../kit/i18n/format'
import { useDeskState } from '../context'

// Its texts are no part of what the desk loads first: most companies begin without a CRM.
const CrmLine = lazy(() => import('../crm/line'))
const ListingLine = lazy(() => import('../message/listing-line'))

/** What happened to a conversation, in words. What a newer server tells and we do not know is not shown. */
export function Happened({ line, at }: { line: SystemLine; at: string }) {
  const employees = useDeskState((state) => state.employees)
  const groups = useDeskState((state) => state.groups)
  if (line.happened === 'rated') return <Rated stars={line.stars} text={line.text ?? ''} at={at} />
  const name = (id: string | null | undefined) => (id ? (employees.get(id)?.name ?? t.chat.somebody) : null)
  const said =
    line.happened === 'listing' ? (
      <Suspense fallback={line.listing.title}>
        <ListingLine listing={line.listing} />
      </Suspense>
    ) : line.happened === 'crm' ? (
      <Suspense fallback="CRM">
        <CrmLine line={line} />
      </Suspense>
    ) : (
      say(line, name, (id) => groups.get(id)?.name ?? '')
    )
  if (!said) return null
  return (
    <p className="mx-auto max-w-[640px] py-1.5 text-center text-second text-ink3">
      {said} <span className="num">· {time(at)}</span>
    </p>
  )
}

/** What the customer thinks of the talk. */
function Rated({ stars, text, at }: { stars: number; text: string; at: string }) {
  return (
    <div className="py-2 text-center text-second text-ink3">
      <span role="img" aria-label={t.talk.thread.rated(stars)} className="inline-flex items-center gap-0.5 align-middle">
        {[1, 2, 3, 4, 5].map((star) => (
          <Star key={star} size={16} className={star <= stars ? 'fill-amber text-amber' : 'text-edge'} />
        ))}
      </span>{' '}
      <span aria-hidden="true">{t.talk.thread.rated(stars)}</span> <span className="num">· {time(at)}</span>
      {text && <p className="mx-auto mt-1 max-w-[520px] break-words whitespace-pre-wrap text-ink2">«{text}»</p>}
    </div>
  )
}

type Plain = Exclude<SystemLine, { happened: 'rated' | 'crm' | 'listing' }>

function say(line: Plain, name: (id?: string | null) => string | null, group: (id: string) => string): string | null {
  switch (line.happened) {
    case 'taken':
      return t.happened.taken(name(line.by) ?? '')
    case 'assigned':
      return t.happened.assigned(name(line.to) ?? '', name(line.by), line.cause)
    case 'transferred_to_group':
      return t.happened.group(group(line.group), name(line.by))
    case 'joined':
      return t.happened.joined(name(line.by) ?? '')
    case 'left':
      return t.happened.left(name(line.by) ?? '')
    case 'released':
      return t.happened.released(name(line.by))
    case 'closed':
      return t.happened.closed(name(line.by), line.cause)
    case 'nobody_online':
      return t.happened.nobodyOnline
    case 'blocked':
      return t.happened.blocked
    case 'unblocked':
      return t.happened.unblocked
    case 'block_refused':
      return t.happened.blockRefused(words(line.why))
    default:
      line satisfies never
      return null
  }
}
