import type { StageRef } from './settings'
import type { Directory, Pipeline, Stage } from './views'

/** What became of a stage that settings name. */
export type StageFault = 'gone_pipeline' | 'archived_pipeline' | 'gone_stage' | 'closed_stage'

export function stageFault(directory: Directory, at: StageRef): StageFault | null {
  if (directory.pipelines.length === 0) return null
  const pipeline = directory.pipelines.find((one) => one.id === at.pipeline)
  if (!pipeline) return 'gone_pipeline'
  if (pipeline.archived) return 'archived_pipeline'
  const stage = pipeline.stages.find((one) => one.id === at.stage)
  if (!stage) return 'gone_stage'
  return stage.kind === 'won' || stage.kind === 'lost' ? 'closed_stage' : null
}

const bySort = (a: { sort: number }, b: { sort: number }) => a.sort - b.sort

/** Stages in which a deal can be made. */
export const stagesOf = (pipeline: Pipeline): Stage[] =>
  [...pipeline.stages].sort(bySort).filter((one) => one.kind !== 'unsorted')

export const living = (directory: Directory): Pipeline[] =>
  directory.pipelines.filter((one) => !one.archived).sort(bySort)

/** AMO-10: the first funnel that is not archived, and its first stage that takes deals. */
export function firstStage(directory: Directory): { pipeline: Pipeline; stage: Stage } | null {
  for (const pipeline of living(directory)) {
    const stage = stagesOf(pipeline).find((one) => one.kind === 'open')
    if (stage) return { pipeline, stage }
  }
  return null
}

/** Whether lists were pulled after those that are shown. */
export const isNewer = (kept: Pick<Directory, 'fetched_at'>, shown: Pick<Directory, 'fetched_at'>) =>
  Date.parse(kept.fetched_at ?? '') > (Date.parse(shown.fetched_at ?? '') || 0)
