import { ChevronDown } from 'lucide-react'
import { deskCrm } from '../../kit/i18n/desk-crm'
import { Menu, MenuGroup, MenuItem } from '../../kit/ui/menu'
import { type Card, choices, type Deal, type Move, placeOf, progress, sameStage, type StageRef } from './deals'
import { ToCrm } from './to-crm'

interface Props {
  deal: Deal
  card: Card
  /** An order that the CRM has not carried out: on its way, or refused. */
  move: Move | null
  may: boolean
  onMove: (deal: string, to: StageRef) => void
}

/** The deal that the conversation belongs to, and where it stands. */
export function DealView({ deal, card, move, may, onMove }: Props) {
  const texts = deskCrm()
  const pending = move && !move.refused
  // What was asked for is shown at once, as not done yet.
  const at = pending ? move.to : deal.at
  const place = placeOf(card.pipelines, at)
  return (
    <div data-deal={deal.id} className="space-y-2">
      <p>
        <ToCrm thing={deal.name || texts.unnamed.deal(deal.id)} url={deal.url} crm={texts.kinds[card.kind]} strong="yes" />
      </p>
      {place && <Bar {...progress(place)} pending={!!pending} />}
      {may && card.pipelines.length > 0 ? (
        <Menu
          trigger={
            <button
              type="button"
              data-stage={pending ? 'pending' : 'known'}
              disabled={!!move?.sending}
              className="flex min-h-8 w-full items-center gap-2 rounded-control border border-edge bg-pane px-3 py-1 text-left hover:bg-hover disabled:opacity-70"
            >
              <span className="min-w-0 flex-1">
                {place && <span className="sr-only">{texts.stage}: </span>}
                <span className="block truncate">{place?.stage.name ?? texts.stageUnknown}</span>
                {place && <span className="block truncate text-caption text-ink3">{place.pipeline.name}</span>}
              </span>
              <ChevronDown size={15} className="shrink-0 text-ink3" aria-hidden="true" />
            </button>
          }
        >
          {choices(card.pipelines).map(({ pipeline, stages }) => (
            <MenuGroup key={pipeline.id} label={pipeline.name}>
              {stages.map((stage) => {
                const to = { pipeline: pipeline.id, stage: stage.id }
                const here = sameStage(to, deal.at)
                return (
                  // While another order waits, the stage where it stands now takes that back.
                  <MenuItem key={stage.id} checked={here} onClick={() => (!here || pending) && onMove(deal.id, to)}>
                    {stage.name}
                  </MenuItem>
                )
              })}
            </MenuGroup>
          ))}
        </Menu>
      ) : (
        <p>{place ? `${place.pipeline.name}, ${place.stage.name}` : texts.stageUnknown}</p>
      )}
    </div>
  )
}

/** How far the deal is in its funnel. */
function Bar({ all, done, end, pending }: ReturnType<typeof progress> & { pending: boolean }) {
  const texts = deskCrm()
  const label = end === 'won' ? texts.won : end === 'lost' ? texts.lost : texts.bar(done, all)
  const fill = end === 'won' ? 'bg-green' : end === 'lost' ? 'bg-red' : 'bg-accent'
  return (
    <div role="img" aria-label={label} title={label} className={`flex gap-0.5 ${pending ? 'opacity-50' : ''}`}>
      {Array.from({ length: all }, (_, step) => (
        <span key={step} className={`h-1.5 flex-1 rounded-full ${step < done ? fill : 'bg-edge'}`} />
      ))}
    </div>
  )
}
