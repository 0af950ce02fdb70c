import { createContext, useContext } from 'react'
import type { Me } from '../kit/api/types'
import { useBox } from './store/box'
import type { Desk } from './store/desk'
import type { State } from './store/state'

export interface DeskContext {
  desk: Desk
  me: Me
}

export const Context = createContext<DeskContext | null>(null)

export function useDesk(): DeskContext {
  const context = useContext(Context)
  if (!context) throw new Error('outside the desk')
  return context
}

/** A part of the state. The selector gives what is in the state, never something new. */
export function useDeskState<T>(select: (state: State) => T): T {
  return useBox(useDesk().desk.box, select)
}
