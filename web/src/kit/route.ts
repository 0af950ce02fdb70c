import { useSyncExternalStore } from 'react'

/** The address as the router of these pages: the path alone says what is shown. */
const listeners = new Set<() => void>()
const tell = () => listeners.forEach((listener) => listener())

/** Asked before the browser's Back or Forward shows another page; `true`: it stays, and the address with it. */
type Keeper = () => boolean
const keepers = new Set<Keeper>()
addEventListener('popstate', () => {
  // Of several the first that keeps the page asks the person.
  if (![...keepers].some((keep) => keep())) tell()
})

export function keepPage(keep: Keeper) {
  keepers.add(keep)
  return () => void keepers.delete(keep)
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

export function usePath(): string {
  return useSyncExternalStore(subscribe, () => location.pathname)
}

export function go(path: string, how: 'push' | 'replace' = 'push') {
  if (path === location.pathname + location.hash) return
  if (how === 'push') history.pushState(null, '', path)
  else history.replaceState(null, '', path)
  tell()
}
