import type { AnchorHTMLAttributes } from 'react'
import { go } from './route'

/** A link within these pages; a click with a modifier stays the browser's. */
export function Link({
  href,
  onPick,
  ...rest
}: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string; onPick?: () => void }) {
  return (
    <a
      {...rest}
      href={href}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return
        event.preventDefault()
        onPick?.()
        go(href)
      }}
    />
  )
}
