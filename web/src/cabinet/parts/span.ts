/** Units of a time, the largest first, each with how many of the smallest it has. */
export type Sizes<U extends string> = readonly (readonly [U, number])[]

export const MINUTES: Sizes<'d' | 'h' | 'm'> = [
  ['d', 1440],
  ['h', 60],
  ['m', 1],
]
export const SECONDS: Sizes<'d' | 'h' | 'm' | 's'> = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
]

/** What the server's numbers hold, with room to spare. */
const MOST = 4_000_000_000

/** How many of the smallest unit this one has. */
export const sizeOf = <U extends string>(unit: U, sizes: Sizes<U>): number => sizes.find(([one]) => one === unit)?.[1] ?? 1

/** The largest unit in which a time is a whole number. */
export const unitOf = <U extends string>(span: number, sizes: Sizes<U>): U => {
  const [unit] = sizes.find(([, size]) => span > 0 && span % size === 0) ?? sizes[sizes.length - 1]!
  return unit
}

/** What is typed; an empty field is no number, which the server refuses with its reason. */
export const spanOf = (typed: string, size: number): number =>
  typed === '' ? Number.NaN : Math.max(0, Math.min(Math.round(Number(typed) || 0) * size, MOST))
