import { Dialog } from '@base-ui/react/dialog'
import { Search } from 'lucide-react'
import { useEffect, useId, useMemo, useRef, useState } from 'react'
import { api, ask, Refused } from '../../kit/api/client'
import type { Contact } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { readPlace, deskPath } from '../path'
import { go } from '../../kit/route'
import type { Deeds } from '../commands'
import { useDesk } from '../context'
import { entriesFor, type Entry, foundEntries } from './entries'

const GROUPS = ['act', 'go', 'find'] as const

/** Everything by name: where to go, what to do, whom to find. */
export default function Palette({
  deeds,
  onSearch,
  onClose,
}: {
  deeds: Deeds
  onSearch: (query: string) => void
  onClose: () => void
}) {
  const { desk, me } = useDesk()
  const [query, setQuery] = useState('')
  const [at, setAt] = useState(0)
  const [contacts, setContacts] = useState<readonly Contact[]>([])
  const list = useRef<HTMLDivElement>(null)
  const id = useId()

  useEffect(() => {
    const asked = query.trim()
    setContacts([])
    if (asked.length < 2) return
    const abort = new AbortController()
    const timer = setTimeout(() => {
      ask(api.GET('/api/v1/search', { params: { query: { q: asked, limit: 6 } }, signal: abort.signal })).then(
        (found) => setContacts(found.contacts),
        (error: unknown) => {
          // What is here already still serves.
          if (!(error instanceof Refused)) throw error
        },
      )
    }, 200)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [query])

  const entries = useMemo(() => {
    const known = entriesFor(query, desk, me, deeds)
    const search = (asked: string) => {
      onSearch(asked)
      if (innerWidth < 900) go(deskPath({ ...readPlace(location.pathname), open: null }))
    }
    const all = [...known, ...foundEntries(query, contacts, search)]
    return GROUPS.flatMap((group) => all.filter((entry) => entry.group === group))
  }, [query, contacts, desk, me, deeds, onSearch])

  useEffect(() => setAt(0), [query])
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  }, [at, entries])

  const chosen = entries[Math.min(at, entries.length - 1)]
  const run = (entry: Entry | undefined) => {
    if (!entry) return
    onClose()
    // Deeds move the focus: after the dialogue gave it back.
    setTimeout(entry.run, 0)
  }

  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-[rgb(0_0_0/0.45)]" />
        <Dialog.Popup className="float-in fixed inset-x-3 top-[10vh] z-50 mx-auto flex max-h-[70vh] max-w-[600px] flex-col overflow-hidden rounded-card border border-line bg-pane shadow-float outline-none">
          <Dialog.Title className="sr-only">{t.shell.palette.title}</Dialog.Title>
          <div className="relative border-b border-line">
            <Search size={18} className="absolute top-[15px] left-4 text-ink3" aria-hidden="true" />
            <input
              data-palette
              autoFocus
              role="combobox"
              aria-expanded="true"
              aria-autocomplete="list"
              aria-controls={`${id}-list`}
              aria-activedescendant={chosen ? `${id}-${chosen.id}` : undefined}
              aria-label={t.shell.palette.placeholder}
              placeholder={t.shell.palette.placeholder}
              value={query}
              onChange={(event) => setQuery(event.target.value)}
              onKeyDown={(event) => {
                if (event.nativeEvent.isComposing) return
                const by = event.code === 'ArrowDown' ? 1 : event.code === 'ArrowUp' ? -1 : 0
                if (by && entries.length > 0) {
                  event.preventDefault()
                  setAt((now) => (Math.min(now, entries.length - 1) + by + entries.length) % entries.length)
                }
                if (event.code === 'Enter' || event.code === 'NumpadEnter') {
                  event.preventDefault()
                  run(chosen)
                }
              }}
              className="h-12 w-full bg-transparent pr-4 pl-11 text-body outline-none"
            />
          </div>
          <div ref={list} id={`${id}-list`} role="listbox" aria-label={t.shell.palette.title} tabIndex={-1} className="min-h-0 overflow-y-auto p-1.5">
            {GROUPS.map((group) => {
              const own = entries.filter((entry) => entry.group === group)
              return (
                own.length > 0 && (
                  <div key={group} role="group" aria-labelledby={`${id}-${group}`}>
                    <div id={`${id}-${group}`} role="presentation" className="px-2.5 pt-2 pb-1 text-caption font-semibold text-ink3">
                      {t.shell.palette[group]}
                    </div>
                    {own.map((entry) => (
                      <div
                        key={entry.id}
                        id={`${id}-${entry.id}`}
                        role="option"
                        aria-selected={entry === chosen}
                        onMouseMove={() => setAt(entries.indexOf(entry))}
                        onClick={() => run(entry)}
                        className="flex min-h-9 cursor-pointer items-center gap-3 rounded-control px-2.5 py-1.5 text-second aria-selected:bg-selected"
                      >
                        <span className="shrink-0 text-ink3" aria-hidden="true">
                          {entry.icon}
                        </span>
                        <span className="min-w-0 flex-1 truncate">
                          {entry.title}
                          {entry.more && <span className="num text-ink3"> · {entry.more}</span>}
                        </span>
                        {entry.keys && (
                          <span className="shrink-0">
                            {entry.keys.map((key) => (
                              <kbd key={key} className="kbd ml-1">
                                {key}
                              </kbd>
                            ))}
                          </span>
                        )}
                      </div>
                    ))}
                  </div>
                )
              )
            })}
            {entries.length === 0 && <p className="px-2.5 py-6 text-center text-second text-ink3">{t.shell.palette.nothing}</p>}
          </div>
          <p className="border-t border-line px-4 py-2 text-caption text-ink3">{t.shell.palette.hint}</p>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
