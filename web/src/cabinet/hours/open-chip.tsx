import { language } from '../../kit/i18n'
import { hoursTexts } from '../../kit/i18n/flow/hours'
import { useNow } from '../../kit/now'
import { localTime, nextChange, openAt, type Schedule, wall } from './hours'

/** Whether it is open this minute, and until when. */
export function OpenChip({ schedule }: { schedule: Schedule }) {
  const f = hoursTexts()
  const now = useNow()
  const local = localTime(now, schedule.time_zone)
  if (!local) return null
  const open = openAt(schedule, now)
  const change = nextChange(schedule, now)
  const when = change ? said(change) : ''
  const tail = change ? (open ? f.until(when) : f.opens(when)) : open ? '' : f.neverOpens
  return (
    <span data-open={open} className="inline-flex flex-wrap items-center gap-x-2 text-second">
      <span
        className={`inline-flex h-6 items-center gap-1.5 rounded-full px-2.5 text-caption font-medium ${
          open ? 'bg-green-soft text-green' : 'bg-hover text-ink2'
        }`}
      >
        <span className={`size-1.5 rounded-full ${open ? 'bg-green' : 'bg-ink3'}`} aria-hidden="true" />
        {open ? f.openNow : f.closedNow}
      </span>
      <span className="num text-ink2">{tail}</span>
    </span>
  )
}

/** `сегодня в 18:00`, `завтра в 09:00`, `понедельник, 30 ноября в 09:00`. */
function said(change: NonNullable<ReturnType<typeof nextChange>>): string {
  const f = hoursTexts()
  // Midnight that closes a day is said as people say it: 24:00 of that day.
  const time = wall(change.local)
  if (change.daysAhead === 0 && time !== '00:00') return f.today(time)
  if (change.daysAhead === 0 || (change.daysAhead === 1 && time === '00:00')) return f.today('24:00')
  if (change.daysAhead === 1) return f.tomorrow(time)
  const day = new Intl.DateTimeFormat(language === 'ru' ? 'ru-RU' : 'en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'long',
    timeZone: 'UTC',
  }).format(new Date(`${change.local.date}T12:00:00Z`))
  return f.onDay(day, time)
}
