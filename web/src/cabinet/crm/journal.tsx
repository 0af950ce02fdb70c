import { RotateCcw, ScrollText } from 'lucide-react'
import { useState } from 'react'
import { words } from '../../kit/i18n'
import { crmTexts } from '../../kit/i18n/flow/crm'
import { moment } from '../../kit/i18n/format'
import { Link } from '../../kit/link'
import { Button } from '../../kit/ui/button'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { Faulty } from '../load'
import { card, Chip, Confirm, Empty, More } from '../parts/bits'
import { usePages } from '../parts/pages'
import { conversationNumbered, readLog, replayFailed } from './api'
import { Note } from './choice'
import { JournalFilters } from './journal-filters'
import { type JournalQuery, readQuery, writeQuery } from './journal-query'
import { useCrmChanges } from './use-changes'
import type { PortalView, RunView } from './views'

export const runTones = {
  planned: 'plain',
  working: 'plain',
  done: 'good',
  nothing: 'plain',
  failed: 'bad',
  waiting: 'warn',
  replanned: 'plain',
} as const

/** As many as one page has: a longer list does not jump back to its beginning by itself. */
const PAGE = 30

/** The list of decisions, newest first; of one integration, or of all. */
export function Journal({
  integration,
  portals,
  onOpen,
}: {
  integration?: string
  portals: readonly PortalView[]
  onOpen: (run: RunView) => void
}) {
  const f = crmTexts().log
  const [query, setQuery] = useState(() => readQuery(location.search))
  /** A number that no enquiry has. */
  const [nobodys, setNobodys] = useState('')
  const [asking, setAsking] = useState(false)
  const [busy, setBusy] = useState(false)
  const list = usePages((cursor) => read(query, integration, cursor, setNobodys), JSON.stringify([query, integration]))
  const { items, next, more, again, fault } = list
  // Not while the next page is on its way: its answer would be lost.
  useCrmChanges(() => (list.busy || (items?.length ?? 0) > PAGE ? undefined : again()))
  const narrow = (patch: Partial<JournalQuery>) => {
    const wanted = { ...query, ...patch }
    setQuery(wanted)
    history.replaceState(null, '', location.pathname + writeQuery(wanted))
  }
  const unknown = query.number !== '' && nobodys === query.number
  const hint = !writeQuery(query) ? f.emptyHint : query.number && !unknown && !query.state ? f.emptyNumber : f.emptyFound
  const of = portals.find((one) => one.portal_id === query.portal) ?? (portals.length === 1 ? portals[0] : undefined)
  const replay = (portal_id: string) => {
    if (busy) return
    setBusy(true)
    replayFailed(portal_id)
      .then(({ count }) => {
        toast(f.replayAllDone(count))
        setAsking(false)
        again()
      }, tellRefusal)
      .finally(() => setBusy(false))
  }
  return (
    <>
      {integration ? <Waiting portals={portals} /> : <Standstill portals={of ? [of] : portals} />}
      <JournalFilters
        query={query}
        portals={integration ? [] : portals}
        unknown={unknown}
        onChange={narrow}
      >
        {of && (
          <Button className="ml-auto h-10" disabled={of.failed === 0} onClick={() => setAsking(true)}>
            <RotateCcw size={15} aria-hidden="true" />
            {f.replayAll}
          </Button>
        )}
      </JournalFilters>
      {fault && <Faulty fault={fault} again={again} />}
      {!fault && items?.length === 0 && (
        <Empty icon={<ScrollText size={22} />} title={f.empty} hint={hint} />
      )}
      {!fault && items && items.length > 0 && <Entries items={items} onOpen={onOpen} />}
      <More next={next && !fault} busy={list.busy} more={more} />
      {asking && of && (
        <Confirm
          title={f.replayAllAsk(of.title)}
          text={f.replayAllText}
          action={f.replayAll}
          onClose={() => setAsking(false)}
          onYes={() => replay(of.portal_id)}
        />
      )}
    </>
  )
}

/** The entries of a query; of a number that is nobody's there are none. */
async function read(
  { state, portal, number }: JournalQuery,
  integration: string | undefined,
  cursor: string | undefined,
  onNobodys: (number: string) => void,
) {
  const chat = number ? await conversationNumbered(number) : null
  onNobodys(number && !chat ? number : '')
  if (number && !chat) return { items: [], next: null }
  return readLog(
    {
      state,
      ...(integration ? { integration_id: integration } : {}),
      ...(portal ? { portal_id: portal } : {}),
      ...(chat ? { conversation_id: chat.conversation_id } : {}),
    },
    cursor,
  )
}

function Entries({ items, onOpen }: { items: readonly RunView[]; onOpen: (run: RunView) => void }) {
  const f = crmTexts().log
  return (
    <ul className={`${card} overflow-hidden`} data-journal>
      {items.map((run) => (
        <li key={run.run_id} className="border-b border-line last:border-0">
          <button
            type="button"
            onClick={() => onOpen(run)}
            className="flex w-full flex-wrap items-center gap-x-3 gap-y-1 px-4 py-3 text-left -outline-offset-2 hover:bg-hover"
          >
            <span className="num w-32 shrink-0 text-second text-ink3">{moment(run.created_at)}</span>
            <span className="w-34 shrink-0">
              <Chip tone={runTones[run.state] ?? 'plain'}>{f.states[run.state] ?? run.state}</Chip>
            </span>
            <span className="min-w-52 flex-1">
              <span className="block break-words">{words(run.words)}</span>
              <span className="num block truncate text-caption text-ink3">
                {[f.enquiry(run.number), run.contact_name, words(run.cause)].filter(Boolean).join(' · ')}
              </span>
            </span>
          </button>
        </li>
      ))}
    </ul>
  )
}

const standing = (portals: readonly PortalView[]) =>
  portals.filter((one) => one.state === 'stopped' || one.state === 'interrupted')

/** The same beside an integration's rules, where it is said above why its portal does not answer. */
function Waiting({ portals }: { portals: readonly PortalView[] }) {
  const waiting = standing(portals).reduce((sum, one) => sum + one.waiting, 0)
  if (waiting === 0) return null
  return (
    <div className="mb-4">
      <Note>{crmTexts().log.notYet(waiting)}</Note>
    </div>
  )
}

/** Nothing is decided while a portal does not answer: whoever looks for an enquiry here is told that it waits. */
function Standstill({ portals }: { portals: readonly PortalView[] }) {
  const f = crmTexts()
  const still = standing(portals)
  if (still.length === 0) return null
  return (
    <div className="mb-4 space-y-2">
      {still.map((portal) => (
        <Note key={portal.portal_id} tone={portal.state === 'stopped' ? 'bad' : 'warn'}>
          <p className="font-medium">
            {portal.title}: {portal.reason ? words(portal.reason) : f.interrupted}
          </p>
          <p>
            {portal.state === 'stopped' && portal.remedy && `${words(portal.remedy)} `}
            {portal.waiting > 0 && `${f.log.notYet(portal.waiting)} `}
            {portal.state === 'stopped' && (
              <Link href="/cabinet/crm" className="rounded-control font-medium underline underline-offset-2">
                {f.log.toPortals}
              </Link>
            )}
          </p>
        </Note>
      ))}
    </div>
  )
}
