import { useState } from 'react'
import { boardTexts } from '../../kit/i18n/flow/board'
import { number } from '../../kit/i18n/format'
import { Button } from '../../kit/ui/button'
import type { BoardView } from './api'

type Hours = BoardView['hours']

const HEIGHT = 168
const FLOOR = 20
const TOP = 14

/** A round number above the highest bar, and its half: the lines behind the bars. */
export function scale(hours: Hours): number {
  const most = Math.max(0, ...hours.flatMap((hour) => [hour.new, hour.closed]))
  if (most <= 4) return 4
  const power = 10 ** Math.floor(Math.log10(most))
  return [1, 2, 4, 6, 10].map((n) => n * power).find((n) => n >= most) ?? most
}

const clock = (hour: number) => `${String(hour).padStart(2, '0')}:00`

/** Conversations of today hour by hour: a drawing for eyes, a table for the rest. */
export function HoursChart({ hours, now }: { hours: Hours; now: number }) {
  const f = boardTexts().board
  const [as, setAs] = useState<'chart' | 'table'>('chart')
  return (
    <section className="flex flex-col rounded-card border border-line bg-pane p-4">
      <header className="mb-3 flex flex-wrap items-center gap-x-4 gap-y-1">
        <h2 className="mr-auto text-heading font-semibold">{f.hours}</h2>
        {as === 'chart' && (
          <div aria-hidden="true" className="flex gap-4 text-second text-ink2">
            <Key tone="bg-accent">{f.newToday}</Key>
            <Key tone="bg-edge">{f.closedToday}</Key>
          </div>
        )}
        <Button look="quiet" onClick={() => setAs(as === 'chart' ? 'table' : 'chart')}>
          {as === 'chart' ? f.asTable : f.asChart}
        </Button>
      </header>
      {as === 'chart' ? <Bars hours={hours} now={now} /> : <Table hours={hours} />}
    </section>
  )
}

function Key({ tone, children }: { tone: string; children: string }) {
  return (
    <span className="inline-flex items-center gap-1.5">
      <span className={`size-2.5 rounded-[3px] ${tone}`} />
      {children}
    </span>
  )
}

function Bars({ hours, now }: { hours: Hours; now: number }) {
  const f = boardTexts().board
  const most = scale(hours)
  const tall = HEIGHT - FLOOR - TOP
  const y = (value: number) => TOP + tall * (1 - value / most)
  const left = (index: number) => 4 + (index * 96) / 24
  return (
    <>
      <svg width="100%" height={HEIGHT} aria-hidden="true" className="block overflow-visible">
        {[0, most / 2, most].map((line) => (
          <g key={line}>
            <line x1="4%" x2="100%" y1={y(line)} y2={y(line)} className="stroke-line" />
            <text x="3.2%" y={y(line) + 4} textAnchor="end" className="num fill-ink3 text-[11px]">
              {number(line)}
            </text>
          </g>
        ))}
        {hours.map((hour, index) => (
          <g key={hour.hour}>
            {hour.hour === now && (
              <rect x={`${left(index)}%`} width="4%" y={TOP} height={tall} rx={4} className="fill-hover" />
            )}
            <rect
              x={`${left(index) + 0.6}%`}
              width="1.3%"
              y={y(hour.new)}
              height={Math.max(0, y(0) - y(hour.new))}
              rx={2}
              className="fill-accent"
            />
            <rect
              x={`${left(index) + 2.1}%`}
              width="1.3%"
              y={y(hour.closed)}
              height={Math.max(0, y(0) - y(hour.closed))}
              rx={2}
              className="fill-edge"
            />
            <rect x={`${left(index)}%`} width="4%" y={0} height={HEIGHT - FLOOR} className="fill-transparent">
              <title>{f.bar(clock(hour.hour), hour.new, hour.closed)}</title>
            </rect>
            {hour.hour % 3 === 0 && (
              <text x={`${left(index) + 2}%`} y={HEIGHT - 4} textAnchor="middle" className="num fill-ink3 text-[11px]">
                {hour.hour}
              </text>
            )}
          </g>
        ))}
      </svg>
      <div className="sr-only">
        <Table hours={hours} />
      </div>
    </>
  )
}

function Table({ hours }: { hours: Hours }) {
  const f = boardTexts().board
  return (
    <table className="num w-full text-left text-second">
      <caption className="sr-only">{f.hoursCaption}</caption>
      <thead className="text-ink3">
        <tr>
          <th scope="col" className="py-1 font-medium">
            {f.hour}
          </th>
          <th scope="col" className="py-1 text-right font-medium">
            {f.newToday}
          </th>
          <th scope="col" className="py-1 text-right font-medium">
            {f.closedToday}
          </th>
        </tr>
      </thead>
      <tbody>
        {hours.map((hour) => (
          <tr key={hour.hour} className="border-t border-line">
            <th scope="row" className="py-1 font-normal">
              {clock(hour.hour)}
            </th>
            <td className="py-1 text-right">{number(hour.new)}</td>
            <td className="py-1 text-right">{number(hour.closed)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
