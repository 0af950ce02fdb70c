import { useSyncExternalStore } from 'react'

/** The address as the router of these pages: the path alone says what is shown. */
const listeners = new Set<() => void>()
const tell = () => listeners.forEach((listener) => listener())
addEventListener('popstate', tell)

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
