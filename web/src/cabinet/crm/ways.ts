import type { CrmKindView, PortalView } from './views'

/** How a portal is connected: by the server's app, by one of the company's own, by a token. */
export type Way = 'server' | 'own' | 'token'

/** What is possible here, the recommended first (AMO-1, CRM-7). */
export function waysOf(kind: Pick<CrmKindView, 'can_oauth' | 'redirect_uri'>): Way[] {
  return [...(kind.can_oauth ? (['server'] as const) : []), ...(kind.redirect_uri ? (['own'] as const) : []), 'token']
}

/** What a portal had before, if that is still possible. */
export function firstWay(ways: readonly Way[], portal: Pick<PortalView, 'mode' | 'own_app'> | undefined): Way {
  const before: Way | undefined = portal && (portal.mode === 'lite' ? 'token' : portal.own_app ? 'own' : 'server')
  return before && ways.includes(before) ? before : (ways[0] ?? 'token')
}

const DAY = 86_400_000
/** A token is told of so long before its end. */
const SOON = 30

/** Whole days until a token ends, once that is soon; `null`: it is not. */
export function endsSoon(at: string | null | undefined, now: number): number | null {
  if (!at) return null
  const days = Math.floor((Date.parse(at) - now) / DAY)
  return days < SOON ? Math.max(days, 0) : null
}
