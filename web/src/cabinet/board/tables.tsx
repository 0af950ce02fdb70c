import type { ReactNode } from 'react'
import type { Presence } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { boardTexts } from '../../kit/i18n/flow/board'
import { number, time } from '../../kit/i18n/format'
import { Avatar } from '../../kit/ui/avatar'
import { ChannelBadge, signOf } from '../../kit/ui/channel-badge'
import { StateChip } from '../state-chip'
import type { BoardEmployee, BoardView } from './api'

const dots: Record<Presence, string> = { online: 'bg-green', break: 'bg-amber', off: 'bg-ink3' }
const ranks: Record<Presence, number> = { online: 0, break: 1, off: 2 }

/** Those on line first, the busiest of them at the top. */
export const inOrder = (people: BoardEmployee[]) =>
  [...people].sort(
    (a, b) => ranks[a.presence] - ranks[b.presence] || b.open - a.open || a.name.localeCompare(b.name),
  )

function Card({ title, hint, children }: { title: string; hint?: string; children: ReactNode }) {
  return (
    <section className="rounded-card border border-line bg-pane p-4">
      <header className="mb-2 flex flex-wrap items-baseline gap-x-3">
        <h2 className="text-heading font-semibold">{title}</h2>
        {hint && <span className="text-second text-ink3">{hint}</span>}
      </header>
      {children}
    </section>
  )
}

function Head({ first, rest }: { first: string; rest: string[] }) {
  return (
    <thead className="text-second text-ink3">
      <tr>
        <th scope="col" className="w-full pb-1.5 text-left font-medium">
          {first}
        </th>
        {rest.map((name) => (
          <th key={name} scope="col" className="pb-1.5 pl-3 text-right font-medium whitespace-nowrap">
            {name}
          </th>
        ))}
      </tr>
    </thead>
  )
}

export function People({ people }: { people: BoardEmployee[] }) {
  const f = boardTexts().board
  return (
    <Card title={f.people} hint={f.ofToday}>
      <div className="overflow-x-auto" tabIndex={0} role="group" aria-label={f.people}>
        <table className="w-full">
          <thead className="text-second text-ink3">
            <tr>
              {[f.person, f.status, f.load, f.answered, f.closed].map((name, n) => (
                <th
                  key={name}
                  scope="col"
                  className={`pr-4 pb-1.5 font-medium whitespace-nowrap last:pr-0 ${n > 2 ? 'text-right' : 'text-left'}`}
                >
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {inOrder(people).map((one) => (
              <tr key={one.employee_id} className="border-t border-line">
                <th scope="row" className="py-2 pr-4 text-left font-normal">
                  <span className="flex items-center gap-2.5">
                    <Avatar name={one.name} size="small" />
                    <span className="max-w-56 truncate font-medium">{one.name}</span>
                  </span>
                </th>
                <td className="py-2 pr-4 whitespace-nowrap">
                  <span className="inline-flex items-center gap-2">
                    <span className={`size-2 rounded-full ${dots[one.presence]}`} aria-hidden="true" />
                    {t.presence[one.presence]}
                    <span className="num text-second text-ink3">{f.since(time(one.presence_at))}</span>
                  </span>
                </td>
                <td className="py-2 pr-4">
                  <Load open={one.open} capacity={one.capacity ?? null} />
                </td>
                <td className="num py-2 pr-4 text-right">{number(one.answered_today)}</td>
                <td className="num py-2 text-right">{number(one.closed_today)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  )
}

/** How much of their limit is in use; without a limit, how many there are. */
function Load({ open, capacity }: { open: number; capacity: number | null }) {
  const f = boardTexts().board
  const part = capacity ? Math.min(1, open / capacity) : 0
  const tone = part >= 1 ? 'fill-red' : part >= 0.75 ? 'fill-amber' : 'fill-accent'
  return (
    <span className="flex items-center gap-2.5">
      {capacity !== null && (
        <svg width="64" height="8" aria-hidden="true" className="shrink-0">
          <rect width="64" height="8" rx="4" className="fill-hover" />
          {part > 0 && <rect width={Math.max(8, 64 * part)} height="8" rx="4" className={tone} />}
        </svg>
      )}
      <span className="num text-second whitespace-nowrap text-ink2">
        {capacity === null ? f.noLimit(open) : f.loadOf(open, capacity)}
      </span>
    </span>
  )
}

const cell = 'num py-2 pl-3 text-right'

export function ChannelsTable({ channels }: { channels: BoardView['channels'] }) {
  const f = boardTexts().board
  return (
    <Card title={f.channels}>
      {channels.length === 0 ? (
        <p className="text-ink3">{f.noChannels}</p>
      ) : (
        <table className="w-full">
          <Head first={f.channel} rest={[f.waitShort, f.inWork, f.today]} />
          <tbody>
            {channels.map((one) => (
              <tr key={one.channel_id} className="border-t border-line">
                <th scope="row" className="max-w-0 py-2 text-left font-normal">
                  <span className="flex items-center gap-2.5">
                    <ChannelBadge kind={signOf(one)} />
                    <span className="min-w-0">
                      <span className="line-clamp-2 break-words">{one.name}</span>
                      {one.state !== 'connected' && <StateChip state={one.state} />}
                    </span>
                  </span>
                </th>
                <td className={`${cell} ${one.waiting > 0 ? 'font-semibold text-amber' : ''}`}>{number(one.waiting)}</td>
                <td className={cell}>{number(one.in_work)}</td>
                <td className={cell}>{number(one.today)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  )
}

export function GroupsTable({ groups }: { groups: BoardView['groups'] }) {
  const f = boardTexts().board
  return (
    <Card title={f.groups}>
      {groups.length === 0 ? (
        <p className="text-ink3">{f.noGroups}</p>
      ) : (
        <table className="w-full">
          <Head first={f.group} rest={[f.waitShort, f.inWork]} />
          <tbody>
            {groups.map((one) => (
              <tr key={one.group_id} className="border-t border-line">
                <th scope="row" className="max-w-0 truncate py-2 text-left font-normal">
                  {one.name}
                </th>
                <td className={`${cell} ${one.waiting > 0 ? 'font-semibold text-amber' : ''}`}>{number(one.waiting)}</td>
                <td className={cell}>{number(one.in_work)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  )
}
