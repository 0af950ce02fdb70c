import type { CSSProperties } from 'react'
import { ChannelBadge } from './channel-badge'

/** The first letters of the first two words that begin with a letter. */
export function initials(name: string): string {
  const letters = name.match(/\p{L}[\p{L}\p{M}'’-]*/gu) ?? []
  const [first, second] = letters.filter((word) => !/^(ООО|ИП|АО|ПАО)$/u.test(word))
  if (!first) return name.trim() ? '#' : '?'
  return ((first[0] ?? '') + (second?.[0] ?? '')).toUpperCase()
}

/** The same name has the same colour everywhere. */
export function hue(name: string): number {
  let sum = 7
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 65_521
  // The golden angle puts names that differ by a digit far apart.
  return Math.round((sum * 137.508) % 360)
}

const sizes = { small: 'size-7 text-meta', middle: 'size-10 text-second', large: 'size-16 text-page' }

export function Avatar({
  name,
  kind,
  size = 'middle',
}: {
  name: string
  kind?: string | undefined
  size?: keyof typeof sizes
}) {
  return (
    <span className="relative shrink-0" aria-hidden="true">
      <span
        className={`avatar grid place-items-center rounded-full font-semibold ${sizes[size]}`}
        style={{ '--hue': hue(name) } as CSSProperties}
      >
        {initials(name)}
      </span>
      {kind && (
        <span className="absolute -right-1.5 -bottom-1.5 rounded-full border-2 border-pane">
          <ChannelBadge kind={kind} />
        </span>
      )}
    </span>
  )
}
