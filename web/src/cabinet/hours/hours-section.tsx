import { CalendarClock, Plus } from 'lucide-react'
import { hoursTexts } from '../../kit/i18n/flow/hours'
import { Link } from '../../kit/link'
import { buttonClass } from '../../kit/ui/button'
import { useFeed } from '../feed'
import { Faulty, PageHead, useLoaded } from '../load'
import { Empty } from '../parts/bits'
import { readScenarios } from '../scenarios/api'
import type { PageProps } from '../sections'
import { readHours } from './api'
import { HoursPage } from './hours-page'
import { OpenChip } from './open-chip'

/** `/cabinet/hours`, `…/new`, `…/SCHEDULE`. */
export function HoursSection({ me, id }: PageProps) {
  return id ? <Opened key={id} me={me} id={id} /> : <List />
}

function Opened({ me, id }: Pick<PageProps, 'me' | 'id'>) {
  const { data, fault, again } = useLoaded(async () =>
    id === 'new' ? { stored: null } : { stored: (await readHours()).find((one) => one.schedule_id === id) ?? null },
  )
  if (fault && !data) return <Faulty fault={fault} again={again} />
  if (!data) return null
  return <HoursPage me={me} stored={data.stored} />
}

function List() {
  const f = hoursTexts()
  const { data, fault, again } = useLoaded(async () => {
    const [hours, scenarios] = await Promise.all([readHours(), readScenarios()])
    return { hours, scenarios }
  })
  useFeed((frame) => {
    if (frame.kind === 'directory.changed' || frame.kind === 'resync') again()
  })
  if (fault && !data) return <Faulty fault={fault} again={again} />
  if (!data) return null
  const { hours, scenarios } = data
  const make = (
    <Link href="/cabinet/hours/new" className={buttonClass('main')}>
      <Plus size={16} aria-hidden="true" />
      {f.make}
    </Link>
  )
  return (
    <>
      <PageHead title={f.title} hint={f.hint}>
        {hours.length > 0 && make}
      </PageHead>
      {hours.length === 0 ? (
        <Empty icon={<CalendarClock size={22} />} title={f.empty} hint={f.emptyHint}>
          {make}
        </Empty>
      ) : (
        <ul className="overflow-hidden rounded-card border border-line bg-pane">
          {hours.map((one) => {
            // A schedule is named by its id alone, so its name in a tree is its id.
            const used = scenarios.filter((scenario) => JSON.stringify(scenario.tree).includes(one.schedule_id))
            return (
              <li key={one.schedule_id} className="border-b border-line last:border-0">
                <Link
                  href={`/cabinet/hours/${one.schedule_id}`}
                  className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3 -outline-offset-2 hover:bg-hover"
                >
                  <span className="min-w-0 flex-1">
                    <span className="block truncate font-medium">{one.name}</span>
                    <span className="block truncate text-second text-ink3">
                      {[one.schedule.time_zone.replaceAll('_', ' '), used.length > 0 && f.usedIn(used.map((s) => s.name).join(', '))]
                        .filter(Boolean)
                        .join(' · ')}
                    </span>
                  </span>
                  <OpenChip schedule={one.schedule} />
                </Link>
              </li>
            )
          })}
        </ul>
      )}
    </>
  )
}
