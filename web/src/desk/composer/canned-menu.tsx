import { Search } from 'lucide-react'
import { useEffect, useId, useRef, useState } from 'react'
import { t } from '../../kit/i18n'
import { pressed } from '../../kit/keys'
import { useDeskState } from '../context'
import type { CannedReply } from '../store/talk-api'
import { matching, sections } from './canned'

/** Canned replies over the field: typing finds, arrows choose, Enter puts in, Esc goes back. */
export function CannedMenu({
  onPick,
  onLeave,
}: {
  onPick: (reply: CannedReply) => void
  /** Closed without a choice; what was typed may be wanted in the field: "/" alone is a slash. */
  onLeave: (literal: string) => void
}) {
  const all = useDeskState((state) => state.canned)
  const [query, setQuery] = useState('')
  const [at, setAt] = useState(0)
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  const field = useRef<HTMLInputElement>(null)
  const found = matching(all, query)
  const groups = query.trim() ? [{ section: '', replies: found }] : sections(found)
  const order = groups.flatMap((group) => group.replies)
  const chosen = order[Math.min(at, order.length - 1)]
  const box = useRef<HTMLDivElement>(null)

  useEffect(() => field.current?.focus(), [])
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  }, [chosen])

  return (
    <div
      ref={box}
      className="float-in absolute inset-x-0 bottom-full z-30 mb-2 overflow-hidden rounded-card border border-line bg-pane shadow-float"
      onBlur={(event) => {
        if (!box.current?.contains(event.relatedTarget)) onLeave('')
      }}
    >
      <div className="flex items-center gap-2 border-b border-line px-3">
        <Search size={16} className="shrink-0 text-ink3" aria-hidden="true" />
        <input
          ref={field}
          role="combobox"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={chosen ? `${id}-${chosen.canned_reply_id}` : undefined}
          aria-autocomplete="list"
          aria-label={t.talk.canned.search}
          placeholder={t.talk.canned.search}
          value={query}
          data-canned
          onChange={(event) => {
            if (query === '' && event.target.value === '/') return onLeave('/')
            setQuery(event.target.value)
            setAt(0)
          }}
          onKeyDown={(event) => {
            if (event.nativeEvent.isComposing) return
            const last = order.length - 1
            if (event.code === 'ArrowDown') setAt((now) => (now >= last ? 0 : now + 1))
            else if (event.code === 'ArrowUp') setAt((now) => (now <= 0 ? last : now - 1))
            else if (pressed(event, { code: 'Enter' }) || pressed(event, { code: 'NumpadEnter' }) || pressed(event, { code: 'Tab' })) {
              if (chosen) onPick(chosen)
              else onLeave('')
            } else if (pressed(event, { code: 'Escape' }) || (event.code === 'Backspace' && query === '')) onLeave('')
            else return
            event.preventDefault()
          }}
          className="h-10 min-w-0 flex-1 bg-transparent text-body outline-none"
        />
        <span className="text-caption text-ink3 max-[899px]:hidden">
          <kbd className="kbd">↑</kbd> <kbd className="kbd">↓</kbd> <kbd className="kbd">Enter</kbd>{' '}
          <kbd className="kbd">Esc</kbd>
        </span>
      </div>
      <div
        ref={list}
        id={`${id}-list`}
        role="listbox"
        aria-label={t.talk.canned.title}
        className="max-h-[min(340px,45vh)] overflow-y-auto p-1"
      >
        {groups.map((group) => (
          <div key={group.section} role="group" aria-label={group.section || t.talk.canned.noSection}>
            {groups.length > 1 && (
              <div aria-hidden="true" className="px-2 pt-2 pb-1 text-caption font-semibold text-ink3">
                {group.section || t.talk.canned.noSection}
              </div>
            )}
            {group.replies.map((reply) => (
              <div
                key={reply.canned_reply_id}
                id={`${id}-${reply.canned_reply_id}`}
                role="option"
                aria-selected={reply === chosen}
                onPointerMove={() => reply !== chosen && setAt(order.indexOf(reply))}
                onPointerDown={(event) => event.preventDefault()}
                onClick={() => onPick(reply)}
                className="cursor-pointer rounded-control px-2 py-1.5 aria-selected:bg-selected"
              >
                <div className="flex items-baseline gap-2">
                  <span className="truncate font-medium">{reply.title}</span>
                  {reply.shortcut && <span className="shrink-0 text-second text-accent-text">/{reply.shortcut}</span>}
                  {reply.used_count > 0 && (
                    <span className="num ml-auto shrink-0 text-caption text-ink3">{t.talk.canned.used(reply.used_count)}</span>
                  )}
                </div>
                <div className="line-clamp-2 text-second text-ink2">{reply.text}</div>
              </div>
            ))}
          </div>
        ))}
      </div>
      {order.length === 0 && (
        <p role="status" className="px-4 pb-4 text-second text-ink2">
          {all.length === 0 ? t.talk.canned.none : t.talk.canned.nothing}
        </p>
      )}
    </div>
  )
}
