import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { Me } from '../kit/api/types'
import { t } from '../kit/i18n'
import { useKeys } from '../kit/keys'
import { go, usePath } from '../kit/route'
import { onFarewell, readSession } from '../kit/session'
import { tellRefusal, toast } from '../kit/ui/toast'
import { Context, useDeskState } from './context'
import { keysOf, type Panes, useDeeds } from './deeds'
import { List } from './list/list'
import { closeMany } from './list/outcome'
import { deskPath, readPlace, rememberTab } from './path'
import { Rail } from './rail'
import { useSignals } from './signals'
import { Desk as Work } from './store/desk'
import { disk } from './store/disk'
import { forgetDrafts } from './store/drafts'
import { forgetPreferences } from './store/settings'
import { Pane } from './thread/pane'

// Shown beside a conversation: it comes after what is read first.
const loadCard = async () => ({ default: (await import('./card/contact-card')).ContactCard })
const ContactCard = lazy(loadCard)
const KeySheet = lazy(() => import('./key-sheet'))
const OwnSettings = lazy(() => import('./own-settings'))
const Palette = lazy(() => import('./palette/palette'))
const WriteFirst = lazy(async () => ({ default: (await import('./write-first')).WriteFirst }))

onFarewell(async () => {
  forgetDrafts()
  forgetPreferences()
  await disk.clear()
})

export default function Desk({ me }: { me: Me }) {
  const [desk, setDesk] = useState<Work | null>(null)
  useEffect(() => {
    const work = new Work(me.employee, () => void readSession())
    work.start()
    setDesk(work)
    return () => work.end()
  }, [me])
  if (!desk) return null
  return (
    <Context value={{ desk, me }}>
      <Shell desk={desk} />
    </Context>
  )
}

type Floating = 'write' | 'keys' | 'settings' | 'palette' | null

/** Below this width the card lies over the conversation. */
const CARD_BESIDE = 1240

function Shell({ desk }: { desk: Work }) {
  const path = usePath()
  const place = useMemo(() => readPlace(path), [path])
  const [floating, float] = useState<Floating>(null)
  const [card, setCard] = useState(() => innerWidth >= CARD_BESIDE)
  const [query, setQuery] = useState('')
  const open = useDeskState((state) => (place.open ? state.chats.get(place.open) : undefined))
  const single = useDeskState((state) => state.preferences.keys.single)
  const landed = useCallback(() => float(null), [])

  const show = useCallback((id: string | null) => go(deskPath({ ...readPlace(location.pathname), open: id })), [])
  useSignals(desk, show)

  useEffect(() => {
    desk.open(place.open)
  }, [desk, place.open])
  useEffect(() => rememberTab(place.tab), [place.tab])
  useEffect(() => void loadCard(), [])
  useEffect(() => {
    // A window made narrow must not be covered by the card, one made wide has room for it.
    const wide = matchMedia(`(min-width: ${CARD_BESIDE}px)`)
    const changed = () => setCard(wide.matches)
    wide.addEventListener('change', changed)
    return () => wide.removeEventListener('change', changed)
  }, [])

  // What we took, by the button or by answering, is followed to its tab; once, not for ever.
  const mine = open?.state === 'in_work' && open.assignee_id === desk.state.me.employee_id
  const wasNew = useRef<string | null>(null)
  useEffect(() => {
    if (open?.state === 'new') wasNew.current = open.conversation_id
    if (!mine || wasNew.current !== open.conversation_id) return
    wasNew.current = null
    if (place.tab === 'new') go(deskPath({ tab: 'in_work', open: open.conversation_id }), 'replace')
  }, [mine, open, place.tab])

  useEffect(() => {
    desk.onGone = () => {
      toast(t.chat.gone)
      go(deskPath({ ...readPlace(location.pathname), open: null }), 'replace')
    }
  }, [desk])

  const take = useCallback((id: string) => void desk.take(id).catch(tellRefusal), [desk])
  const close = useCallback(
    (id: string, then: 'stay' | 'next') => {
      const { tab } = readPlace(location.pathname)
      const ids = desk.state.views[tab].ids.filter((other) => other === id || !desk.state.closing.has(other))
      const next = then === 'next' ? (ids[ids.indexOf(id) + 1] ?? null) : null
      closeMany(desk, [id], () => go(deskPath({ tab, open: id })))
      go(deskPath({ tab, open: next }))
    },
    [desk],
  )
  const toggleCard = useCallback(() => setCard((shown) => !shown), [])

  const panes = useMemo(
    (): Panes => ({
      show,
      take,
      close,
      card: toggleCard,
      write: () => float('write'),
      keys: () => float('keys'),
      settings: () => float('settings'),
      palette: () => float('palette'),
      back: () => {
        if (innerWidth < CARD_BESIDE && card && place.open) setCard(false)
        else if (desk.state.selected.size > 0) desk.select([...desk.state.selected], false)
        else if (place.open) show(null)
        else return false
        return true
      },
    }),
    [show, take, close, toggleCard, card, place.open, desk],
  )
  const deeds = useDeeds(desk, place, open, panes)
  useKeys(useMemo(() => keysOf(deeds, single), [deeds, single]))

  return (
    <div className="flex h-full overflow-hidden">
      <Rail onKeys={panes.keys} onSettings={panes.settings} hiddenNarrow={place.open !== null} />
      <List
        tab={place.tab}
        open={place.open}
        query={query}
        onQuery={setQuery}
        onTab={(tab) => go(deskPath({ ...place, tab }))}
        onOpen={show}
        onWrite={panes.write}
      />
      <main className={`relative flex min-w-0 flex-1 bg-canvas ${place.open ? '' : 'max-[899px]:hidden'}`}>
        {place.open ? (
          <Pane
            key={place.open}
            id={place.open}
            onBack={() => show(null)}
            onTake={take}
            onClose={close}
            onCard={toggleCard}
            cardShown={card}
          />
        ) : (
          <Nothing />
        )}
        <Suspense fallback={<div className="w-[328px] shrink-0 border-l border-line bg-pane max-[1239px]:hidden" />}>
          {open && card && <ContactCard chat={open} onClose={() => setCard(false)} onOpen={show} />}
        </Suspense>
      </main>
      <Suspense fallback={null}>
        {floating === 'write' && (
          <WriteFirst
            onClose={landed}
            onDone={(id) => {
              landed()
              go(deskPath({ tab: 'in_work', open: id }))
            }}
          />
        )}
        {floating === 'keys' && <KeySheet onClose={landed} />}
        {floating === 'settings' && <OwnSettings onClose={landed} />}
        {floating === 'palette' && <Palette deeds={deeds} onSearch={setQuery} onClose={landed} />}
      </Suspense>
    </div>
  )
}

function Nothing() {
  return (
    <div className="grid flex-1 place-items-center p-6 text-center">
      <div>
        <p className="text-heading font-semibold">{t.chat.choose}</p>
        <p className="mt-1 text-second text-ink3">
          {t.chat.chooseHint} <kbd className="kbd">J</kbd> <kbd className="kbd">K</kbd>
        </p>
      </div>
    </div>
  )
}
