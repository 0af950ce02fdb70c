const differ = (a: unknown, b: unknown) => JSON.stringify(a) !== JSON.stringify(b)

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * What stands in a form after it was saved: `held`, as the server answered to `sent`, but what was changed
 * while it was being saved stays as it is `now`, field by field.
 */
export function kept<T>(sent: T, now: T, held: T): T {
  if (!differ(sent, now)) return held
  if (!isRecord(sent) || !isRecord(now) || !isRecord(held)) return now
  const keys = new Set([...Object.keys(held), ...Object.keys(now)])
  const fields = [...keys].map((key) => [key, kept(sent[key], now[key], held[key])] as const)
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined)) as T
}
