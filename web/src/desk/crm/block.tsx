import { useEffect, useState } from 'react'
import { api, ask } from '../../kit/api/client'
import { words } from '../../kit/i18n'
import { deskCrm } from '../../kit/i18n/desk-crm'
import { Link } from '../../kit/link'
import { has } from '../../kit/session'
import { tellRefusal } from '../../kit/ui/toast'
import { Part } from '../card/part'
import { useDesk } from '../context'
import { type Card, type CrmView, mainDeal, type Move, outcome, placeOf, type StageRef } from './deals'
import { DealView } from './deal'
import { Others } from './others'
import { Row, ToCrm } from './to-crm'

/** So long a choice of the main deal is shown as being on its way: no decision says that it is. */
const CHOICE_SHOWN = 20_000

interface Props {
  /** Of the conversation. */
  id: string
  view: CrmView
  onReread: () => Promise<void>
}

/** What each CRM has of the conversation. */
export default function Block({ id, view, onReread }: Props) {
  const [move, setMove] = useState<Move | null>(null)
  const [chosen, setChosen] = useState<{ portal_id: string; deal: string } | null>(null)
  const [sending, setSending] = useState(false)
  const path = { conversation_id: id }
  const came = move && !sending ? outcome(move, view.portals) : 'waiting'
  const arrived = chosen && view.portals.some((card) => card.deals.some((deal) => deal.id === chosen.deal && deal.current))

  useEffect(() => {
    if (came === 'done') setMove(null)
  }, [came])
  useEffect(() => {
    if (arrived) setChosen(null)
    if (!chosen) return
    const timer = setTimeout(() => setChosen(null), CHOICE_SHOWN)
    return () => clearTimeout(timer)
  }, [chosen, arrived])

  const moveTo = async (card: Card, deal: string, to: StageRef) => {
    const { portal_id } = card
    setMove({ portal_id, deal, to })
    setSending(true)
    try {
      await ask(
        api.POST('/api/v1/conversations/{conversation_id}/crm/stage', {
          params: { path },
          body: { portal_id, deal, ...to },
        }),
      )
      await onReread().catch(() => {})
    } catch (error) {
      setMove(null)
      tellRefusal(error)
    } finally {
      setSending(false)
    }
  }
  const choose = async ({ portal_id }: Card, deal: string) => {
    setChosen({ portal_id, deal })
    try {
      await ask(
        api.POST('/api/v1/conversations/{conversation_id}/crm/deal', { params: { path }, body: { portal_id, deal } }),
      )
    } catch (error) {
      setChosen(null)
      tellRefusal(error)
    }
  }
  return (
    <>
      {view.portals.map((card) => (
        <Portal
          key={card.integration_id}
          card={card}
          many={view.portals.length > 1}
          why={view.why_nothing ? words(view.why_nothing) : null}
          move={move?.portal_id === card.portal_id && came !== 'done' ? { ...move, refused: came === 'refused' } : null}
          chosen={chosen?.portal_id === card.portal_id ? chosen.deal : null}
          onMove={(deal, to) => void moveTo(card, deal, to)}
          onChoose={(deal) => void choose(card, deal)}
        />
      ))}
    </>
  )
}

function Portal({
  card,
  many,
  why,
  move,
  chosen,
  onMove,
  onChoose,
}: {
  card: Card
  many: boolean
  why: string | null
  move: (Move & { refused: boolean }) | null
  chosen: string | null
  onMove: (deal: string, to: StageRef) => void
  onChoose: (deal: string) => void
}) {
  const { me } = useDesk()
  const texts = deskCrm()
  const crm = texts.kinds[card.kind]
  const off = card.state === 'stopped' || card.state === 'disconnected'
  const may = has(me, 'work_conversations') && !off
  const main = mainDeal(card.deals)
  const others = card.deals.filter((deal) => deal !== main)
  const empty = !card.contact && card.deals.length === 0 && !card.unsorted
  const target = move && placeOf(card.pipelines, move.to)?.stage.name
  const news = [
    target && (move.refused ? texts.refused(target, crm) : texts.moving(target)),
    chosen && texts.choosing,
    !move && card.waiting && card.state !== 'interrupted' && texts.waiting,
  ].filter((one) => typeof one === 'string')
  return (
    <Part
      title={crm}
      aside={
        many || card.title ? <span className="min-w-0 truncate text-caption text-ink3">{card.title}</span> : undefined
      }
    >
      <div data-crm={card.state} className="flex flex-col gap-3 text-second">
        <Trouble card={card} crm={crm} />
        {main && <DealView deal={main} card={card} move={move?.deal === main.id ? move : null} may={may} onMove={onMove} />}
        <div role="status" className="text-caption text-ink3 empty:hidden">
          {news.map((one) => (
            <span key={one} className={`block ${move?.refused && one !== texts.choosing ? 'text-red' : ''}`}>
              {one}
            </span>
          ))}
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
        {others.length > 0 && <Others deals={others} card={card} alone={!main} busy={!!chosen} may={may} onChoose={onChoose} />}
      </div>
    </Part>
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
