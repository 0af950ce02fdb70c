import { deskCrm } from '../../kit/i18n/desk-crm'
import { Button } from '../../kit/ui/button'
import { type Card, type Deal, placeOf } from './deals'
import { ToCrm } from './to-crm'

interface Props {
  deals: readonly Deal[]
  card: Card
  /** The conversation has no deal of its own yet. */
  alone: boolean
  busy: boolean
  may: boolean
  onChoose: (deal: string) => void
}

/** Other deals of the customer; any that is open may be made the conversation's own (BY-5). */
export function Others({ deals, card, alone, busy, may, onChoose }: Props) {
  const texts = deskCrm()
  return (
    <details open={alone} className="group/others">
      <summary className="rounded-control text-ink2">{texts.others(deals.length)}</summary>
      <ul className="mt-1.5 space-y-2">
        {deals.map((deal) => {
          const name = deal.name || texts.unnamed.deal(deal.id)
          const place = placeOf(card.pipelines, deal.at)
          const target = deal.moving && placeOf(card.pipelines, deal.moving.to)?.stage.name
          return (
            <li key={deal.id}>
              <ToCrm thing={name} url={deal.url} crm={texts.kinds[card.kind]} />
              <span className="block text-caption text-ink3">
                {place ? `${place.pipeline.name}, ${place.stage.name}` : texts.stageUnknown}
                {target && ` · ${deal.moving?.refused ? texts.refused(target, texts.kinds[card.kind]) : texts.moving(target)}`}
              </span>
              {may && !deal.closed && (
                <Button
                  look="quiet"
                  className="-ml-2 px-2"
                  disabled={busy}
                  aria-label={texts.makeMainOf(name)}
                  onClick={() => onChoose(deal.id)}
                >
                  {texts.makeMain}
                </Button>
              )}
            </li>
          )
        })}
      </ul>
    </details>
  )
}
