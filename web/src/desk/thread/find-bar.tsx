import { ChevronDown, ChevronUp, Search, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { Refused } from '../../kit/api/client'
import { t } from '../../kit/i18n'
import { pressed } from '../../kit/keys'
import { IconButton } from '../../kit/ui/button'
import { useDesk, useDeskState } from '../context'
import { EMPTY_THREAD } from '../store/state'
import { foundHere, foundThere, together } from './find'

const PAUSE = 300

/** Finds words inside one conversation: what is loaded at once, the rest of its time by the server. */
export function FindBar({ id, onClose }: { id: string; onClose: () => void }) {
  const { desk } = useDesk()
  const [query, setQuery] = useState('')
  const [places, setPlaces] = useState<number[]>([])
  const [at, setAt] = useState(0)
  const [looking, setLooking] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  const load = useDeskState((state) => (state.threads.get(id) ?? EMPTY_THREAD).load)
  useEffect(() => field.current?.focus(), [])

  const asked = query.trim()
  useEffect(() => {
    setAt(0)
    if (asked.length < 2) {
      setPlaces([])
      setLooking(false)
      return
    }
    let gone = false
    const here = foundHere(desk.state.threads.get(id)?.items ?? [], asked)
    setPlaces(here)
    if (here[0] !== undefined) desk.aim({ conversation_id: id, position: here[0], q: asked })
    setLooking(true)
    const timer = setTimeout(() => {
      foundThere(id, asked)
        .then((there) => {
          if (gone) return
          const all = together(here, there)
          setPlaces(all)
          if (here.length === 0 && all[0] !== undefined) desk.aim({ conversation_id: id, position: all[0], q: asked })
        })
        .catch((error: unknown) => {
          // What is loaded was looked through; the rest comes with the next letter.
          if (!(error instanceof Refused)) throw error
        })
        .finally(() => !gone && setLooking(false))
    }, PAUSE)
    return () => {
      gone = true
      clearTimeout(timer)
    }
  }, [desk, id, asked])

  const step = (by: number) => {
    const next = (at + by + places.length) % places.length
    const position = places[next]
    if (position === undefined) return
    setAt(next)
    desk.aim({ conversation_id: id, position, q: asked })
  }
  const told =
    asked.length < 2
      ? ''
      : places.length > 0
        ? t.talk.find.of(at + 1, places.length)
        : looking || load === 'loading'
          ? t.talk.find.looking
          : t.talk.find.nothing
  return (
    <div role="search" className="flex h-11 shrink-0 items-center gap-1 border-b border-line bg-pane px-5 max-[899px]:px-2">
      <Search size={16} className="shrink-0 text-ink3" aria-hidden="true" />
      <input
        ref={field}
        data-find-field
        type="text"
        aria-label={t.talk.find.label}
        placeholder={t.talk.find.placeholder}
        value={query}
        onChange={(event) => setQuery(event.target.value)}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return
          if (pressed(event, { code: 'Enter' }) || pressed(event, { code: 'ArrowUp' })) step(1)
          else if (pressed(event, { code: 'Enter', shift: true }) || pressed(event, { code: 'ArrowDown' })) step(-1)
          else if (pressed(event, { code: 'Escape' })) onClose()
          else return
          event.preventDefault()
        }}
        className="h-9 min-w-0 flex-1 bg-transparent px-2 text-body outline-none"
      />
      <span role="status" className="num shrink-0 px-2 text-second text-ink3">
        {told}
      </span>
      <IconButton label={t.talk.find.up} disabled={places.length < 2} onClick={() => step(1)}>
        <ChevronUp size={18} />
      </IconButton>
      <IconButton label={t.talk.find.down} disabled={places.length < 2} onClick={() => step(-1)}>
        <ChevronDown size={18} />
      </IconButton>
      <IconButton label={t.talk.find.close} onClick={onClose}>
        <X size={18} />
      </IconButton>
    </div>
  )
}
