import { Building2, CalendarClock, type LucideIcon, Square, UsersRound } from 'lucide-react'
import { scenarioTexts } from '../../kit/i18n/flow/scenario'
import { Link } from '../../kit/link'
import { PageHead } from '../load'
import { Back } from '../parts/bits'
import { type TemplateName, TEMPLATES } from './templates'

const icons: Record<TemplateName, LucideIcon> = {
  everybody: UsersRound,
  byHours: CalendarClock,
  byGroups: Building2,
  blank: Square,
}

/** What a new scenario begins with. */
export function NewScenario() {
  const f = scenarioTexts()
  const hints: Record<TemplateName, string> = {
    everybody: f.everybodyHint,
    byHours: f.byHoursHint,
    byGroups: f.byGroupsHint,
    blank: f.blankHint,
  }
  return (
    <>
      <Back href="/cabinet/scenarios">{f.backToList}</Back>
      <PageHead title={f.make} hint={f.from} />
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(300px,1fr))] gap-3 max-[759px]:grid-cols-1">
        {TEMPLATES.map((name) => {
          const Icon = icons[name]
          return (
            <li key={name}>
              <Link
                href={`/cabinet/scenarios/new/${name}`}
                className="flex h-full items-start gap-3 rounded-card border border-line bg-pane p-4 hover:border-edge hover:bg-hover"
              >
                <span
                  className="grid size-10 shrink-0 place-items-center rounded-control bg-accent-soft text-accent-text"
                  aria-hidden="true"
                >
                  <Icon size={20} />
                </span>
                <span className="min-w-0">
                  <span className="block font-semibold">{f[name]}</span>
                  <span className="mt-0.5 block text-second text-ink2">{hints[name]}</span>
                </span>
              </Link>
            </li>
          )
        })}
      </ul>
    </>
  )
}
