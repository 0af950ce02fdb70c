import { useEffect, useMemo, useRef, useState } from 'react'
import { language, t } from '../../kit/i18n'
import { inputClass } from '../../kit/ui/field'
import { type Emoji, findEmoji, groups, nameOf, recent, remember } from './emoji'

const COLUMNS = 9

/** Signs by groups, found by Russian or English words; arrows walk over the grid. */
export default function EmojiPicker({ onPick, onLeave }: { onPick: (sign: string) => void; onLeave: () => void }) {
  const [query, setQuery] = useState('')
  const box = useRef<HTMLDivElement>(null)
  const field = useRef<HTMLInputElement>(null)
  const lately = useMemo(recent, [])
  const shown: { title: string; items: Emoji[] }[] = query.trim()
    ? [{ title: '', items: findEmoji(query) }]
    : [
        ...(lately.length > 0 ? [{ title: t.talk.emoji.recent, items: lately }] : []),
        ...groups.map(({ group, items }) => ({ title: t.talk.emoji.groups[group], items })),
      ]
  useEffect(() => field.current?.focus(), [])

  const pick = (sign: string) => {
    remember(sign)
    onPick(sign)
  }
  const move = (from: Element | null, by: number) => {
    const buttons = [...(box.current?.querySelectorAll<HTMLElement>('[data-sign]') ?? [])]
    const at = from ? buttons.indexOf(from as HTMLElement) : -1
    const next = at + by
    if (next < 0) field.current?.focus()
    else buttons[Math.min(next, buttons.length - 1)]?.focus()
  }

  return (
    <div
      ref={box}
      role="dialog"
      aria-label={t.talk.emoji.button}
      className="float-in absolute bottom-full left-0 z-30 mb-2 w-[352px] max-w-full overflow-hidden rounded-card border border-line bg-pane shadow-float"
      onBlur={(event) => {
        if (!box.current?.contains(event.relatedTarget)) onLeave()
      }}
      onKeyDown={(event) => {
        const on = event.target instanceof HTMLElement && event.target.dataset['sign'] !== undefined ? event.target : null
        if (event.code === 'Escape') onLeave()
        else if (event.code === 'ArrowDown') move(on, on ? COLUMNS : 1)
        else if (event.code === 'ArrowUp' && on) move(on, -COLUMNS)
        else if (event.code === 'ArrowRight' && on) move(on, 1)
        else if (event.code === 'ArrowLeft' && on) move(on, -1)
        else return
        event.preventDefault()
        event.stopPropagation()
      }}
    >
      <div className="p-2">
        <input
          ref={field}
          aria-label={t.talk.emoji.search}
          placeholder={t.talk.emoji.search}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={(event) => {
            const first = shown[0]?.items[0]
            if (event.code !== 'Enter' || event.nativeEvent.isComposing || !first) return
            event.preventDefault()
            pick(first.sign)
          }}
          className={`${inputClass} h-8 text-second`}
        />
      </div>
      <div tabIndex={0} className="h-64 overflow-y-auto px-2 pb-2 -outline-offset-2">
        {shown.map((group) => (
          <section key={group.title} aria-label={group.title || t.talk.emoji.search}>
            {group.title && (
              <div aria-hidden="true" className="sticky top-0 bg-pane py-1 text-caption font-semibold text-ink3">
                {group.title}
              </div>
            )}
            <div className="grid grid-cols-9">
              {group.items.map((one) => (
                <button
                  key={one.sign}
                  type="button"
                  data-sign={one.sign}
                  tabIndex={-1}
                  aria-label={nameOf(one, language)}
                  title={nameOf(one, language)}
                  onClick={() => pick(one.sign)}
                  className="grid h-9 place-items-center rounded-control text-[22px] leading-none hover:bg-hover focus-visible:bg-hover"
                >
                  {one.sign}
                </button>
              ))}
            </div>
          </section>
        ))}
        {shown[0]?.items.length === 0 && <p className="px-1 py-3 text-second text-ink3">{t.talk.emoji.nothing}</p>}
      </div>
    </div>
  )
}
