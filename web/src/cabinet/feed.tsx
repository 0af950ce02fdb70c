import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react'
import { EventSocket } from '../kit/api/socket'
import type { EventFrame } from '../kit/api/types'
import { readSession, useSession } from '../kit/session'

type Hear = (frame: EventFrame | { kind: 'resync' }) => void

const Context = createContext<Set<Hear> | null>(null)

/** One socket for all pages of the cabinet, and for the desk in other tabs. */
export function FeedProvider({ children }: { children: ReactNode }) {
  const [ears] = useState(() => new Set<Hear>())
  const session = useSession()
  const who = session.is === 'in' ? session.me.employee.employee_id : ''
  useEffect(() => {
    const socket = new EventSocket(who, {
      frame: (frame) => {
        if (frame.type === 'event') ears.forEach((hear) => hear(frame))
        if (frame.type === 'resync') ears.forEach((hear) => hear({ kind: 'resync' }))
      },
      link: () => {},
      loggedOut: () => void readSession(),
    })
    socket.connect()
    return () => socket.end()
  }, [ears, who])
  return <Context value={ears}>{children}</Context>
}

export function useFeed(hear: Hear) {
  const ears = useContext(Context)
  const held = useRef(hear)
  held.current = hear
  useEffect(() => {
    const listen: Hear = (frame) => held.current(frame)
    ears?.add(listen)
    return () => void ears?.delete(listen)
  }, [ears])
}
