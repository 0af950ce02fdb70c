/**
 * Working hours as the server keeps them (docs/api.md, "Working hours"), and what they mean now: the
 * same rules as the server's, so that a page can say "open" without asking each minute.
 */
export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Day = (typeof DAYS)[number]

export interface Schedule {
  time_zone: string
  week: Partial<Record<Day, string[]>>
  holidays?: Record<string, string[]>
}

/** A range of a form: two times as people type them, not judged yet. */
export interface Range {
  from: string
  to: string
}

export interface HoursForm {
  name: string
  time_zone: string
  week: Record<Day, Range[]>
  holidays: { date: string; ranges: Range[] }[]
}

const range = (text: string): Range => {
  const [from = '', to = ''] = text.split(/[-–]/).map((part) => part.trim())
  return { from, to }
}

const text = ({ from, to }: Range) => `${from}-${to}`

export function toForm(name: string, schedule: Schedule): HoursForm {
  const week = Object.fromEntries(DAYS.map((day) => [day, (schedule.week[day] ?? []).map(range)]))
  return {
    name,
    time_zone: schedule.time_zone,
    week: week as HoursForm['week'],
    holidays: Object.entries(schedule.holidays ?? {})
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([date, texts]) => ({ date, ranges: texts.map(range) })),
  }
}

export function fromForm(form: HoursForm): Schedule {
  return {
    time_zone: form.time_zone,
    week: Object.fromEntries(DAYS.map((day) => [day, form.week[day].map(text)])),
    holidays: Object.fromEntries(form.holidays.map((day) => [day.date, day.ranges.map(text)])),
  }
}

const WORKDAYS: Day[] = ['mon', 'tue', 'wed', 'thu', 'fri']

export const newHours = (name: string, time_zone: string): HoursForm =>
  toForm(name, { time_zone, week: Object.fromEntries(WORKDAYS.map((day) => [day, ['09:00-18:00']])) })

export const likeWorkdays = (week: HoursForm['week'], day: Day): HoursForm['week'] => ({
  ...week,
  ...Object.fromEntries(WORKDAYS.map((one) => [one, week[day]])),
})

/** A range to begin with: after the last one, if there is room in the day. */
export function nextRange(ranges: Range[]): Range {
  const last = ranges.at(-1)
  const end = last && minutes(last.to)
  if (end === null || end === undefined) return { from: '09:00', to: '18:00' }
  const from = Math.min(end + 60, 23 * 60)
  return { from: clock(from), to: clock(Math.min(from + 240, 1440)) }
}

const clock = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`

/** Minutes since midnight; `24:00` is the end of the day. */
export function minutes(time: string): number | null {
  const parts = /^(\d{1,2}):(\d{1,2})$/.exec(time.trim())
  if (!parts) return null
  const total = Number(parts[1]) * 60 + Number(parts[2])
  return Number(parts[2]) < 60 && total <= 1440 ? total : null
}

/** What people type for a time: `9`, `930`, `9.30` are times too. */
export function tidied(typed: string): string {
  const plain = typed.trim()
  const parts = /^(\d{1,2})(?:[:.,\s-]?(\d{2}))?$/.exec(plain)
  if (!parts) return plain
  return `${(parts[1] ?? '').padStart(2, '0')}:${parts[2] ?? '00'}`
}

/** The spans of a day in parts of it, for a picture: [start, width], what cannot be read left out. */
export function spans(ranges: Range[]): [number, number][] {
  return ranges.flatMap((one) => {
    const from = minutes(one.from)
    const to = minutes(one.to)
    return from === null || to === null || to <= from ? [] : [[from / 1440, (to - from) / 1440] as [number, number]]
  })
}

interface Local {
  date: string
  weekday: number
  minute: number
}

const formats = new Map<string, Intl.DateTimeFormat>()

function format(zone: string): Intl.DateTimeFormat {
  const held = formats.get(zone)
  if (held) return held
  const made = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  formats.set(zone, made)
  return made
}

/** What the clock on the wall shows there; `null` where there is no such zone. */
export function localTime(at: number, zone: string): Local | null {
  try {
    const parts = Object.fromEntries(format(zone).formatToParts(at).map((part) => [part.type, part.value]))
    const date = `${parts.year}-${parts.month}-${parts.day}`
    const weekday = (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7
    return { date, weekday, minute: Number(parts.hour) * 60 + Number(parts.minute) }
  } catch {
    return null
  }
}

function hoursOf(schedule: Schedule, local: Local): Range[] {
  const special = schedule.holidays?.[local.date]
  return (special ?? schedule.week[DAYS[local.weekday] ?? 'mon'] ?? []).map(range)
}

function openIn(schedule: Schedule, local: Local): boolean {
  return hoursOf(schedule, local).some((one) => {
    const from = minutes(one.from)
    const to = minutes(one.to)
    return from !== null && to !== null && from <= local.minute && local.minute < to
  })
}

export function openAt(schedule: Schedule, at: number): boolean {
  const local = localTime(at, schedule.time_zone)
  return local !== null && openIn(schedule, local)
}

const MINUTE = 60_000
const DAY_MS = 1440 * MINUTE

/** The next minute at which it is open (or closed, if it is open now); `null`: not within 400 days. */
export function nextChange(schedule: Schedule, at: number): { at: number; daysAhead: number; local: Local } | null {
  const now = localTime(at, schedule.time_zone)
  if (!now) return null
  const open = openIn(schedule, now)
  const start = Math.floor(at / MINUTE) * MINUTE
  for (let ahead = 0; ahead <= 400; ahead++) {
    // Noon of a day is on that day whatever its clocks do.
    const noon = start + ahead * DAY_MS - (now.minute - 720) * MINUTE
    const day = localTime(noon, schedule.time_zone)
    if (!day) return null
    const edges = hoursOf(schedule, day).flatMap((one) => [minutes(one.from), minutes(one.to)])
    const moments = [...edges, 0]
      .flatMap((minute) => (minute === null ? [] : [noon + (minute - day.minute) * MINUTE]))
      // A clock that was moved that day puts the edge off by the step: its neighbours are tried too.
      .flatMap((moment) => [moment - 60 * MINUTE, moment - 30 * MINUTE, moment, moment + 30 * MINUTE, moment + 60 * MINUTE])
      .filter((moment) => moment > at)
      .sort((a, b) => a - b)
    for (const moment of moments) {
      const local = localTime(moment, schedule.time_zone)
      if (local && openIn(schedule, local) !== open) return { at: moment, daysAhead: ahead, local }
    }
  }
  return null
}

/** `09:00` of a moment there. */
export const wall = (local: Local) => clock(local.minute)
