import { PenLine, Search, X } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import type { ConversationState } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { Button, IconButton } from '../../kit/ui/button'
import { useDeskState } from '../context'
import { Foot } from './foot'
import { Tabs } from './tabs'

const loadResults = () => import('./results')
const Results = lazy(loadResults)

interface Props {
  tab: ConversationState
  open: string | null
  query: string
  onQuery: (query: string) => void
  onTab: (tab: ConversationState) => void
  onOpen: (id: string) => void
  onWrite: () => void
}

export function List({ tab, open, query, onQuery, onTab, onOpen, onWrite }: Props) {
  const requests = useDeskState((state) => state.filter.kind === 'request')
  const [typed, setTyped] = useState(query)
  // A query may come from the palette too.
  const [given, setGiven] = useState(query)
  if (given !== query) {
    setGiven(query)
    if (typed.trim() !== query) setTyped(query)
  }
  const type = (text: string) => {
    setTyped(text)
    onQuery(text.trim())
  }
  return (
    <section
      aria-label={requests ? t.shell.sections.requests : t.desk.chats}
      className={`flex w-[352px] shrink-0 flex-col border-r border-line bg-pane max-[899px]:w-auto max-[899px]:min-w-0 max-[899px]:flex-1 max-[899px]:border-r-0 ${open ? 'max-[899px]:hidden' : ''}`}
    >
      <header className="flex items-center gap-2 px-4 pt-4 pb-3">
        <h1 className="min-w-0 flex-1 truncate text-page font-semibold tracking-[-0.01em]">
          {requests ? t.shell.sections.requests : t.desk.chats}
        </h1>
        <Button look="soft" onClick={onWrite}>
          <PenLine size={15} aria-hidden="true" />
          {t.write.button}
        </Button>
      </header>
      <div className="relative mx-4 mb-1">
        <Search size={16} className="pointer-events-none absolute top-[10px] left-3 text-ink3" aria-hidden="true" />
        <input
          data-search
          type="search"
          aria-label={t.search.label}
          title={t.shell.search.hint}
          placeholder={t.search.label}
          value={typed}
          onFocus={() => void loadResults()}
          onChange={(event) => type(event.target.value)}
          onKeyDown={(event) => {
            if (event.code === 'ArrowDown' || (event.code === 'Enter' && !event.nativeEvent.isComposing)) {
              const first = document.querySelector<HTMLElement>('[data-hit], #conversations [data-row]')
              if (!first) return
              event.preventDefault()
              if (event.code === 'Enter' && first.matches('[data-hit]')) first.click()
              else first.focus()
            }
            if (event.code !== 'Escape') return
            event.preventDefault()
            if (typed) type('')
            else event.currentTarget.blur()
          }}
          className="h-9 w-full rounded-control border border-line bg-raised pr-9 pl-9 text-second [&::-webkit-search-cancel-button]:hidden"
        />
        {typed ? (
          <IconButton label={t.search.clear} className="absolute top-0.5 right-0.5" onClick={() => type('')}>
            <X size={16} />
          </IconButton>
        ) : (
          <kbd className="kbd pointer-events-none absolute top-[9px] right-2.5">/</kbd>
        )}
      </div>
      {query ? (
        <Suspense fallback={<div className="flex-1" aria-busy="true" />}>
          <Results query={query} open={open} onOpen={onOpen} />
        </Suspense>
      ) : (
        <Tabs tab={tab} open={open} onTab={onTab} onOpen={onOpen} />
      )}
      <Foot />
    </section>
  )
}
