import type { ReactNode } from 'react'
import { boardTexts } from '../../kit/i18n/flow/board'
import { number, waited } from '../../kit/i18n/format'
import type { BoardView } from './api'

type Tone = 'plain' | 'amber' | 'red'

const tones: Record<Tone, string> = {
  plain: 'border-line bg-pane',
  amber: 'border-amber bg-amber-soft',
  red: 'border-red bg-red-soft',
}

const inks: Record<Tone, string> = { plain: 'text-ink2', amber: 'text-amber', red: 'text-red' }

/** How bad the longest wait is: from one minute, and from five. */
export const urgency = (minutes: number): Tone => (minutes >= 5 ? 'red' : minutes >= 1 ? 'amber' : 'plain')

/** The four figures that are looked at first. `now` is the clock of this page. */
export function Tiles({ board, now }: { board: BoardView; now: number }) {
  const f = boardTexts().board
  const { waiting, today, employees } = board
  const since = waiting.oldest_since ? waited(waiting.oldest_since, now) : null
  const online = employees.filter((one) => one.presence === 'online').length
  const rests = employees.filter((one) => one.presence === 'break').length
  const { median_s, p90_s } = today.first_answer
  return (
    <dl className="grid grid-cols-4 gap-3 max-[1099px]:grid-cols-2">
      <Tile
        label={f.waiting}
        value={number(waiting.count)}
        tone={since ? urgency(since.minutes) : 'plain'}
        hint={since ? f.oldest(since.text) : f.nobodyWaits}
        mark="waiting"
      />
      <Tile label={f.inWork} value={number(board.in_work)} hint="" mark="in-work" />
      <Tile
        label={f.online}
        value={number(online)}
        hint={[f.ofPeople(employees.length), rests > 0 && f.onBreak(rests)].filter(Boolean).join(', ')}
        mark="online"
      />
      <Tile
        label={f.firstAnswer}
        value={median_s == null ? '–' : f.span(median_s)}
        hint={p90_s == null ? f.noAnswers : f.p90(f.span(p90_s))}
        mark="first-answer"
      />
    </dl>
  )
}

function Tile({
  label,
  value,
  hint,
  mark,
  tone = 'plain',
}: {
  label: string
  value: ReactNode
  hint: string
  mark: string
  tone?: Tone
}) {
  return (
    <div data-tile={mark} className={`flex flex-col rounded-card border p-4 in-data-wall:p-6 ${tones[tone]}`}>
      <dt className="text-second text-ink2 in-data-wall:text-heading">{label}</dt>
      <dd className="num mt-1 text-[32px] leading-10 font-semibold tracking-[-0.02em] max-[479px]:text-[24px] in-data-wall:text-[64px] in-data-wall:leading-[72px]">
        {value}
      </dd>
      {hint && <dd className={`num text-second in-data-wall:text-heading ${inks[tone]}`}>{hint}</dd>}
    </div>
  )
}

/** The day so far, figure by figure. */
export function Today({ today }: { today: BoardView['today'] }) {
  const f = boardTexts().board
  const rows: [string, number][] = [
    [f.newToday, today.new],
    [f.closedToday, today.closed],
    [f.missedToday, today.missed],
    [f.messagesIn, today.messages_in],
    [f.messagesOut, today.messages_out],
  ]
  return (
    <section className="rounded-card border border-line bg-pane p-4">
      <h2 className="mb-2 text-heading font-semibold">{f.today}</h2>
      <dl>
        {rows.map(([label, value]) => (
          <div key={label} className="flex items-baseline gap-3 border-b border-line py-2 last:border-0">
            <dt className="min-w-0 flex-1 text-ink2">{label}</dt>
            <dd className={`num font-semibold ${label === f.missedToday && value > 0 ? 'text-red' : ''}`}>{number(value)}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
