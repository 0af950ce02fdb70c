import { type KeyboardEvent, type RefObject, useMemo, useState } from 'react'
import type { Employee } from '../../kit/api/types'
import { pressed } from '../../kit/keys'
import { useDeskState } from '../context'
import { colleagues, mentionAt, withMention } from './mentions'

const MOST = 8
const NOBODY: Employee[] = []

/** Who a note is about to name: watches the caret, offers colleagues, puts the chosen one in. */
export function useMention(
  on: boolean,
  text: string,
  field: RefObject<HTMLTextAreaElement | null>,
  setText: (text: string) => void,
) {
  const employees = useDeskState((state) => state.employees)
  const [typed, setTyped] = useState<{ from: number; query: string } | null>(null)
  const [at, setAt] = useState(0)
  const people = useMemo(() => {
    if (!on || !typed) return NOBODY
    const able = [...employees.values()].filter((one) => !one.disabled)
    return colleagues(able, typed.query).slice(0, MOST)
  }, [on, typed, employees])

  const close = () => setTyped(null)
  const look = (box: HTMLTextAreaElement) => {
    if (!on) return
    const found = mentionAt(box.value, box.selectionStart)
    if (found?.from !== typed?.from || found?.query !== typed?.query) {
      setTyped(found)
      setAt(0)
    }
  }
  const pick = (who: Employee) => {
    const box = field.current
    if (!typed || !box) return
    const next = withMention(text, typed.from, box.selectionStart, who.name)
    setText(next.text)
    setTyped(null)
    requestAnimationFrame(() => {
      box.focus()
      box.setSelectionRange(next.caret, next.caret)
    })
  }

  return {
    people,
    at: Math.min(at, Math.max(0, people.length - 1)),
    setAt,
    pick,
    look,
    close,
    /** The button: writes the sign, as if it was typed. */
    begin(put: (text: string) => void) {
      const box = field.current
      const before = box?.value.slice(0, box.selectionStart) ?? ''
      put(before && !/\s$/.test(before) ? ' @' : '@')
      requestAnimationFrame(() => requestAnimationFrame(() => box && look(box)))
    },
    /** True: the key was for the list. */
    onKeyDown(event: KeyboardEvent): boolean {
      if (people.length === 0) return false
      const who = people[Math.min(at, people.length - 1)]
      if (event.code === 'ArrowDown') setAt((at + 1) % people.length)
      else if (event.code === 'ArrowUp') setAt((at + people.length - 1) % people.length)
      else if (pressed(event, { code: 'Enter' }) || pressed(event, { code: 'Tab' })) who && pick(who)
      else if (pressed(event, { code: 'Escape' })) setTyped(null)
      else return false
      event.preventDefault()
      return true
    },
  }
}
