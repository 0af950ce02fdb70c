import { type ReactNode, useEffect, useRef, useState } from 'react'
import { api, ask } from '../../kit/api/client'
import { words } from '../../kit/i18n'
import { deskCrm } from '../../kit/i18n/desk-crm'
import { Link } from '../../kit/link'
import { has } from '../../kit/session'
import { tellRefusal } from '../../kit/ui/toast'
import { Part } from '../card/part'
import { useDesk } from '../context'
import { askAfter } from './ask-after'
import { acceptedDeals, type Card, type CrmView, isOff, mainDeal, type Move, moveOf, placeOf, type StageRef, underWay } from './deals'
import { DealView } from './deal'
import { Log } from './log'
import { Others } from './others'
import { Row, ToCrm } from './to-crm'

interface Props {
  /** Of the conversation. */
  id: string
  view: CrmView
  onReread: () => Promise<void>
}

/** What was asked of the server and is not in what it told last. */
interface Sent {
  portal_id: string
  deal: string
  /** Where to move it; absent: it is made the conversation's own. */
  to?: StageRef
}

/** What each CRM has of the conversation. */
export default function Block({ id, view, onReread }: Props) {
  const [sent, setSent] = useState<Sent | null>(null)
  const asking = useRef(false)
  const path = { conversation_id: id }

  // What was told after the order says itself how it stands.
  useEffect(() => {
    if (!asking.current) setSent(null)
  }, [view])

  // Nobody tells that the CRM did not answer: what is on its way is asked after, anew for each order.
  const orders = [...(sent ? [sent.deal] : []), ...underWay(view)].join()
  useEffect(() => (orders ? askAfter(onReread) : undefined), [orders, onReread])

  const order = async (what: Sent, send: () => Promise<unknown>) => {
    if (asking.current) return
    asking.current = true
    setSent(what)
    try {
      await send()
    } catch (error) {
      setSent(null)
      tellRefusal(error)
      return
    } finally {
      asking.current = false
    }
    // Not read: it is shown as sent until the next word of the server.
    await onReread().catch(() => {})
  }
  const moveTo = ({ portal_id }: Card, deal: string, to: StageRef) =>
    order({ portal_id, deal, to }, () =>
      ask(
        api.POST('/api/v1/conversations/{conversation_id}/crm/stage', {
          params: { path },
          body: { portal_id, deal, ...to },
        }),
      ),
    )
  const choose = ({ portal_id }: Card, deal: string) =>
    order({ portal_id, deal }, () =>
      ask(
        api.POST('/api/v1/conversations/{conversation_id}/crm/deal', { params: { path }, body: { portal_id, deal } }),
      ),
    )
  return (
    <>
      {view.portals.map((card, at) => (
        <Portal
          key={card.integration_id}
          card={card}
          many={view.portals.length > 1}
          why={view.why_nothing ? words(view.why_nothing) : null}
          sent={sent?.portal_id === card.portal_id ? sent : null}
          onMove={(deal, to) => void moveTo(card, deal, to)}
          onChoose={(deal) => void choose(card, deal)}
        >
          {at === view.portals.length - 1 && <Log id={id} />}
        </Portal>
      ))}
    </>
  )
}

function Portal({
  card,
  many,
  why,
  sent,
  onMove,
  onChoose,
  children,
}: {
  card: Card
  many: boolean
  why: string | null
  sent: Sent | null
  onMove: (deal: string, to: StageRef) => void
  onChoose: (deal: string) => void
  children: ReactNode
}) {
  const { me } = useDesk()
  const texts = deskCrm()
  const crm = texts.kinds[card.kind]
  const off = isOff(card)
  const may = has(me, 'work_conversations') && !off
  const deals = acceptedDeals(card)
  const main = mainDeal(deals)
  const others = deals.filter((deal) => deal !== main)
  const empty = !card.contact && deals.length === 0 && !card.unsorted
  const move = main && moveOf(main, sent?.to ? { deal: sent.deal, to: sent.to } : null)
  const choosing = (sent && !sent.to) || !!card.choosing
  return (
    <Part
      title={crm}
      aside={
        many || card.title ? <span className="min-w-0 truncate text-caption text-ink3">{card.title}</span> : undefined
      }
    >
      <div data-crm={card.state} className="flex flex-col gap-3 text-second">
        <Trouble card={card} crm={crm} />
        {main && <DealView deal={main} card={card} move={move} may={may} onMove={onMove} />}
        <div role="status" className="text-caption text-ink3 empty:hidden">
          {move && <MoveSaid move={move} card={card} crm={crm} />}
          {choosing && <span className="block">{off || card.state === 'interrupted' ? texts.choosingLater(crm) : texts.choosing}</span>}
          {!move && !choosing && card.waiting && <span className="block">{off || card.state === 'interrupted' ? texts.waitingLater(crm) : texts.waiting}</span>}
        </div>
        <dl className="grid empty:hidden grid-cols-[minmax(84px,max-content)_1fr] gap-x-3 gap-y-1">
          {card.contact && (
            <Row name={texts.contact}>
              <ToCrm thing={card.contact.name || texts.unnamed.contact} url={card.contact.url} crm={crm} />
            </Row>
          )}
          {main?.responsible_name && <Row name={texts.responsible}>{main.responsible_name}</Row>}
          {card.task && (
            <Row name={texts.task}>
              <ToCrm thing={card.task.name || texts.unnamed.task} url={card.task.url} crm={crm} />
            </Row>
          )}
        </dl>
        {card.unsorted && (
          <p className="rounded-control bg-amber-soft px-3 py-2 text-amber">
            <ToCrm thing={texts.unsorted} url={card.unsorted.url} crm={crm} />
            <span className="mt-0.5 block text-caption text-ink2">{texts.unsortedWhat}</span>
          </p>
        )}
        {empty && <p className="text-ink2">{why ?? texts.nothingYet}</p>}
        {others.length > 0 && (
          <Others deals={others} card={card} alone={!main} busy={choosing} may={may} onChoose={onChoose} />
        )}
        {children}
      </div>
    </Part>
  )
}

/** How an order to move the deal stands: on its way, waiting for the CRM, refused and why. */
function MoveSaid({ move, card, crm }: { move: Move; card: Card; crm: string }) {
  const { me } = useDesk()
  const texts = deskCrm()
  const stage = placeOf(card.pipelines, move.to)?.stage.name ?? texts.unnamed.stage
  if (!move.refused)
    return <span className="block">{card.state === 'connected' && !move.waits ? texts.moving(stage) : texts.movingLater(stage, crm)}</span>
  return (
    <span className="block text-red">
      {texts.refused(stage, crm)} {words(move.refused)}{' '}
      {has(me, 'manage_account') && (
        <Link href={`/cabinet/crm/log/${move.run_id}`} className="underline">
          {texts.inLog}
        </Link>
      )}
    </span>
  )
}

/** What is wrong with the connection, and what becomes of changes meanwhile. */
function Trouble({ card, crm }: { card: Card; crm: string }) {
  const { me } = useDesk()
  const texts = deskCrm()
  const text =
    card.state === 'interrupted'
      ? texts.interrupted(crm)
      : card.state === 'stopped'
        ? texts.stopped(crm)
        : card.state === 'disconnected'
          ? texts.disconnected
          : null
  if (!text) return null
  const look = card.state === 'stopped' ? 'bg-red-soft text-red' : 'bg-amber-soft text-amber'
  return (
    <p className={`rounded-control px-3 py-2 ${look}`}>
      {text}{' '}
      {card.state === 'stopped' && has(me, 'manage_account') && (
        <Link href="/cabinet/crm" className="underline">
          {texts.mend}
        </Link>
      )}
    </p>
  )
}
