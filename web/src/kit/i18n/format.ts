import { language, t } from './index'

/** Formats of numbers and times in the language that is on. Intl objects are dear to make. */
const made = new Map<string, unknown>()

function once<T>(name: string, make: () => T): T {
  const key = `${language}.${name}`
  if (!made.has(key)) made.set(key, make())
  return made.get(key) as T
}

const locale = () => (language === 'ru' ? 'ru-RU' : 'en-GB')

export const number = (value: number) => once('n', () => new Intl.NumberFormat(locale())).format(value)

export const time = (at: string | Date) =>
  once('t', () => new Intl.DateTimeFormat(locale(), { hour: '2-digit', minute: '2-digit' })).format(new Date(at))

const dayAndMonth = (at: Date) =>
  once('d', () => new Intl.DateTimeFormat(locale(), { day: 'numeric', month: 'long' })).format(at)

const shortDate = (at: Date) =>
  once('s', () => new Intl.DateTimeFormat(locale(), { day: '2-digit', month: '2-digit', year: '2-digit' })).format(at)

const fullDate = (at: Date) =>
  once('f', () => new Intl.DateTimeFormat(locale(), { day: 'numeric', month: 'long', year: 'numeric' })).format(at)

export const date = (at: string) => {
  const when = new Date(at)
  return when.getFullYear() === new Date().getFullYear() ? dayAndMonth(when) : fullDate(when)
}

export const moment = (at: string) => `${date(at)}, ${time(at)}`

const dayNumber = (at: Date) => Math.floor((at.getTime() - at.getTimezoneOffset() * 60_000) / 86_400_000)

export const sameDay = (a: string, b: string) => dayNumber(new Date(a)) === dayNumber(new Date(b))

/** The head of a day in a conversation. */
export function day(at: string): string {
  const ago = dayNumber(new Date()) - dayNumber(new Date(at))
  if (ago === 0) return t.time.today
  if (ago === 1) return t.time.yesterday
  return date(at)
}

/** In a list: the hour of today, the day of the rest. */
export function when(at: string): string {
  const moment = new Date(at)
  const ago = dayNumber(new Date()) - dayNumber(moment)
  if (ago === 0) return time(at)
  if (ago === 1) return t.time.yesterdayShort
  return shortDate(moment)
}

/** How long somebody waits. */
export function waited(since: string, now: number): { text: string; minutes: number } {
  const minutes = Math.max(0, Math.floor((now - Date.parse(since)) / 60_000))
  if (minutes < 1) return { text: t.time.underMinute, minutes }
  if (minutes < 60) return { text: t.time.minutes(minutes), minutes }
  if (minutes < 60 * 24) return { text: t.time.hours(Math.floor(minutes / 60)), minutes }
  return { text: t.time.days(Math.floor(minutes / 1440)), minutes }
}

export function size(bytes: number): string {
  const [value, unit] =
    bytes < 1024
      ? [bytes, t.units.b]
      : bytes < 1024 ** 2
        ? [bytes / 1024, t.units.kb]
        : [bytes / 1024 ** 2, t.units.mb]
  const digits = value < 10 && bytes >= 1024 ? 1 : 0
  const text = once(`z${digits}`, () => new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }))
  return `${text.format(value)} ${unit}`
}

export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

/** A phone as people write it; what we do not know stays as it is. */
export function phone(digits: string): string {
  const parts = /^\+?7(\d{3})(\d{3})(\d{2})(\d{2})$/.exec(digits)
  if (!parts) return digits
  return `+7 ${parts[1]} ${parts[2]}-${parts[3]}-${parts[4]}`
}
