import type { components } from '../../kit/api/schema'

type Schemas = components['schemas']
export type CrmView = Schemas['ConversationCrmView']
export type Card = Schemas['CrmCardView']
export type Deal = Schemas['CrmDealView']
export type Pipeline = Schemas['Pipeline']
export type Stage = Schemas['Stage']
export type StageRef = Schemas['StageRef']

export const sameStage = (a: StageRef | null | undefined, b: StageRef | null | undefined) =>
  !!a && !!b && a.pipeline === b.pipeline && a.stage === b.stage

/** The funnel and stage of a place; a stage's id means nothing without its funnel. */
export function placeOf(pipelines: readonly Pipeline[], at: StageRef | null | undefined) {
  const pipeline = pipelines.find((one) => one.id === at?.pipeline)
  const stage = pipeline?.stages.find((one) => one.id === at?.stage)
  return pipeline && stage ? { pipeline, stage } : null
}

/** Stages to which a person may move a deal, by funnel: nobody moves one back into «Неразобранное». */
export const choices = (pipelines: readonly Pipeline[]) =>
  pipelines
    .map((pipeline) => ({ pipeline, stages: pipeline.stages.filter((stage) => stage.kind !== 'unsorted') }))
    .filter(({ stages }) => stages.length > 0)

/** Nothing is passed to it before somebody connects it again. */
export const isOff = ({ state }: Pick<Card, 'state'>) => state === 'stopped' || state === 'disconnected'

/** Orders that a portal is to carry out and may be carrying out now. */
export const underWay = ({ portals }: Pick<CrmView, 'portals'>): string[] =>
  portals
    .filter((card) => !isOff(card))
    .flatMap((card) => [
      ...(card.choosing ? [card.choosing] : []),
      ...card.deals.flatMap(({ moving }) => (moving && !moving.refused ? [moving.run_id] : [])),
    ])

/** How far a deal is in its funnel: `done` of `all` stages. The end is one stage, won or lost. */
export function progress({ pipeline, stage }: { pipeline: Pipeline; stage: Stage }) {
  const open = pipeline.stages.filter((one) => one.kind === 'open')
  const all = open.length + 1
  switch (stage.kind) {
    case 'won':
    case 'lost':
      return { all, done: all, end: stage.kind }
    case 'unsorted':
      return { all, done: 0, end: null }
    case 'open':
      return { all, done: open.findIndex((one) => one.id === stage.id) + 1, end: null }
  }
}

/** Deals to work with: the one inside a record of «Неразобранное» is none before it is accepted. */
export const acceptedDeals = ({ deals, unsorted }: Pick<Card, 'deals' | 'unsorted'>): Deal[] =>
  unsorted ? deals.filter((deal) => deal.at || (deal.url && deal.url !== unsorted.url)) : deals

/** The deal that the card is about: the conversation's own, else the only one that is open. */
export function mainDeal(deals: readonly Deal[]): Deal | null {
  const current = deals.find((deal) => deal.current)
  if (current) return current
  const open = deals.filter((deal) => !deal.closed)
  return open.length === 1 ? open[0]! : null
}

/** An order to move a deal: as the server tells it, or under way to the server. */
export type Move = Schemas['CrmMoveView'] & { sending?: true }

/** What is shown of an order: sent just now, or what the server has of it. */
export const moveOf = (deal: Deal, sent: { deal: string; to: StageRef } | null): Move | null =>
  sent?.deal === deal.id ? { run_id: '', to: sent.to, waits: false, sending: true } : (deal.moving ?? null)
