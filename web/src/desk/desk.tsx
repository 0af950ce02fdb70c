import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { Me } from '../kit/api/types'
import { t } from '../kit/i18n'
import { useKeys } from '../kit/keys'
import { go, usePath } from '../kit/route'
import { onFarewell, readSession } from '../kit/session'
import { tellRefusal, toast } from '../kit/ui/toast'
import { ContactCard } from './card/contact-card'
import { Context, useDeskState } from './context'
import { KeySheet } from './key-sheet'
import { List } from './list/list'
import { deskPath, readPlace } from './path'
import { Rail } from './rail'
import { useSignals } from './signals'
import { UNDO_FOR } from './store/closing'
import { Desk as Work } from './store/desk'
import { disk } from './store/disk'
import { forgetDrafts } from './store/drafts'
import { forgetPreferences } from './store/settings'
import { Pane } from './thread/pane'
import { WriteFirst } from './write-first'

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

function Shell({ desk }: { desk: Work }) {
  const path = usePath()
  const place = useMemo(() => readPlace(path), [path])
  const [writing, setWriting] = useState(false)
  const [sheet, setSheet] = useState(false)
  const [card, setCard] = useState(() => innerWidth >= 1240)
  const open = useDeskState((state) => (place.open ? state.chats.get(place.open) : undefined))
  useSignals(desk)

  const show = useCallback((id: string | null) => go(deskPath({ ...readPlace(location.pathname), open: id })), [])

  useEffect(() => {
    desk.open(place.open)
  }, [desk, place.open])

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

  const take = useCallback(
    (id: string) => {
      desk.take(id).catch(tellRefusal)
    },
    [desk],
  )
  const close = useCallback(
    (id: string, then: 'stay' | 'next') => {
      const { tab } = readPlace(location.pathname)
      const { ids } = desk.state.views[tab]
      const next = then === 'next' ? (ids.filter((other) => !desk.state.closing.has(other))[ids.indexOf(id) + 1] ?? null) : null
      desk.close(id, tellRefusal)
      go(deskPath({ tab, open: next }))
      toast(t.chat.closedToast, {
        stay: UNDO_FOR,
        act: {
          label: t.undo,
          run: () => {
            desk.undoClose(id)
            go(deskPath({ tab, open: id }))
          },
        },
      })
    },
    [desk],
  )
  const step = (by: 1 | -1) => {
    const ids = desk.state.views[place.tab].ids.filter((id) => !desk.state.closing.has(id))
    const at = place.open ? ids.indexOf(place.open) : by > 0 ? -1 : 0
    const next = ids[Math.min(ids.length - 1, Math.max(0, at + by))]
    if (next) show(next)
  }
  const focus = (selector: string) => document.querySelector<HTMLElement>(selector)?.focus()

  useKeys([
    [{ code: 'Digit1' }, () => go(deskPath({ ...place, tab: 'new' }))],
    [{ code: 'Digit2' }, () => go(deskPath({ ...place, tab: 'in_work' }))],
    [{ code: 'Digit3' }, () => go(deskPath({ ...place, tab: 'closed' }))],
    [{ code: 'KeyJ' }, () => step(1)],
    [{ code: 'KeyK' }, () => step(-1)],
    [{ code: 'KeyR' }, () => focus('[data-composer]')],
    [{ code: 'KeyT' }, () => (open?.state === 'new' ? take(open.conversation_id) : false)],
    [{ code: 'KeyT', shift: true }, () => focus('[data-transfer]')],
    [{ code: 'KeyE', shift: true }, () => (open && open.state !== 'closed' ? close(open.conversation_id, 'stay') : false)],
    [
      { code: 'Enter', shift: true, mod: true },
      () => (open && open.state !== 'closed' ? close(open.conversation_id, 'next') : false),
    ],
    [{ code: 'Slash' }, () => focus('[data-search]')],
    [{ code: 'KeyK', mod: true }, () => focus('[data-search]')],
    [{ code: 'KeyC' }, () => setWriting(true)],
    [{ code: 'KeyI' }, () => setCard((shown) => !shown)],
    [{ code: 'Slash', shift: true }, () => setSheet(true)],
    [
      { code: 'Escape' },
      () => {
        if (innerWidth < 1240 && card) return setCard(false)
        return place.open ? show(null) : false
      },
    ],
  ])

  return (
    <div className="flex h-full overflow-hidden">
      <Rail onKeys={() => setSheet(true)} hiddenNarrow={place.open !== null} />
      <List
        tab={place.tab}
        open={place.open}
        onTab={(tab) => go(deskPath({ ...place, tab }))}
        onOpen={show}
        onWrite={() => setWriting(true)}
      />
      <main className={`relative flex min-w-0 flex-1 bg-canvas ${place.open ? '' : 'max-[899px]:hidden'}`}>
        {place.open ? (
          <Pane
            key={place.open}
            id={place.open}
            onBack={() => show(null)}
            onTake={take}
            onClose={close}
            onCard={() => setCard((shown) => !shown)}
            cardShown={card}
          />
        ) : (
          <Nothing />
        )}
        {open && card && <ContactCard chat={open} onClose={() => setCard(false)} onOpen={show} />}
      </main>
      {writing && (
        <WriteFirst
          onClose={() => setWriting(false)}
          onDone={(id) => {
            setWriting(false)
            go(deskPath({ tab: 'in_work', open: id }))
          }}
        />
      )}
      {sheet && <KeySheet onClose={() => setSheet(false)} />}
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


