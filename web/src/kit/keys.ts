import { useEffect, useRef } from 'react'

/** Keys by their place (`event.code`), never by the letter: on a Russian layout KeyE types "у". */
export interface Key {
  code: string
  shift?: boolean
  /** Ctrl, or Cmd. */
  mod?: boolean
}

const isMac = navigator.platform.startsWith('Mac')

export const modLabel = isMac ? '⌘' : 'Ctrl'

export function pressed(event: KeyboardEvent | React.KeyboardEvent, key: Key): boolean {
  if (event.altKey || event.code !== key.code) return false
  const mod = isMac ? event.metaKey : event.ctrlKey
  // On a Mac Ctrl is no key of ours, elsewhere the Windows key is none.
  if (isMac ? event.ctrlKey : event.metaKey) return false
  return event.shiftKey === !!key.shift && mod === !!key.mod
}

/** Whether what has the focus takes text: there single letters are letters. */
export function inEditor(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches('input:not([type=checkbox], [type=radio]), textarea, select'))
  )
}

/** A dialogue or menu that is open has the keys. */
const floating = () => document.querySelector('[role=dialog], [role=menu], [role=listbox][data-open]') !== null

/** Calls the first deed whose key is pressed; a deed that answers false leaves the key alone. */
export function useKeys(keys: [Key, () => void | false][]) {
  const held = useRef(keys)
  held.current = keys
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || floating()) return
      for (const [key, act] of held.current) {
        if (!pressed(event, key)) continue
        if (!key.mod && inEditor(event.target)) continue
        if (act() === false) continue
        event.preventDefault()
        return
      }
    }
    addEventListener('keydown', listen)
    return () => removeEventListener('keydown', listen)
  }, [])
}
