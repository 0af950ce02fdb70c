/** Units of a task's due time, in minutes; the largest first. */
export const UNITS = { d: 1440, h: 60, m: 1 } as const
export type Unit = keyof typeof UNITS

/** The largest unit in which the time is a whole number. */
export const unitOf = (minutes: number): Unit =>
  minutes > 0 && minutes % UNITS.d === 0 ? 'd' : minutes > 0 && minutes % UNITS.h === 0 ? 'h' : 'm'

/** What is typed, in minutes; an empty field is 0, which the server refuses with its reason. */
export const minutesOf = (typed: string, unit: Unit): number =>
  Math.max(0, Math.min(Math.round(Number(typed) || 0) * UNITS[unit], 4_000_000_000))
