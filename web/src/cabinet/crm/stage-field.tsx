import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { SelectField } from '../parts/bits'
import { useEditor } from './context'
import { living, stageFault, stagesOf } from './places'
import type { StageRef } from './settings'

/** A funnel and a stage of the live list; what is gone there stays to be seen, in red. */
export function StageField({
  at,
  value,
  first,
  disabled,
  onChange,
}: {
  /** Its place in the settings. */
  at: string
  value: StageRef | null
  /** The choice of none, where it may be left open. */
  first?: string
  disabled?: boolean
  onChange: (stage: StageRef | null) => void
}) {
  const f = crmSettings()
  const { editing, live } = useEditor()
  const { told } = editing
  const pipelines = living(live.directory)
  const pipeline = live.directory.pipelines.find((one) => one.id === value?.pipeline)
  const fault = value && stageFault(live.directory, value)
  const words = {
    gone_pipeline: f.funnels.gonePipeline,
    archived_pipeline: f.funnels.archivedPipeline,
    gone_stage: f.funnels.goneStage,
    closed_stage: f.funnels.closedStage,
  }
  const ofPipeline = fault === 'gone_pipeline' || fault === 'archived_pipeline'
  const stages = pipeline ? stagesOf(pipeline) : []
  const choose = (id: string) => {
    const chosen = pipelines.find((one) => one.id === id)
    const stage = chosen && stagesOf(chosen)[0]
    onChange(chosen && stage ? { pipeline: chosen.id, stage: stage.id } : null)
  }
  return (
    <div className="grid grid-cols-2 gap-3 max-[759px]:grid-cols-1">
      <SelectField
        label={f.funnels.pipeline}
        disabled={!!disabled}
        error={ofPipeline ? words[fault] : told(`${at}/pipeline`) ?? (value ? undefined : told(at))}
        value={value?.pipeline ?? ''}
        options={[
          ...(first || !value ? [['', first ?? f.choose] as const] : []),
          ...pipelines.map((one) => [one.id, one.name] as const),
          ...(value && !pipelines.some((one) => one.id === value.pipeline)
            ? [[value.pipeline, pipeline ? `${pipeline.name} (${f.archived})` : f.gone] as const]
            : []),
        ]}
        onChange={choose}
      />
      {value && (
        <SelectField
          label={f.funnels.stage}
          disabled={!!disabled}
          error={
            fault === 'gone_stage'
              ? words.gone_stage
              : (told(`${at}/stage`) ?? (fault === 'closed_stage' ? words.closed_stage : told(at)))
          }
          value={value.stage}
          options={[
            ...stages.map((one) => {
              const kind = f.funnels.kinds[one.kind]
              return [one.id, kind ? `${one.name} (${kind})` : one.name] as const
            }),
            ...(stages.some((one) => one.id === value.stage) ? [] : [[value.stage, f.gone] as const]),
          ]}
          onChange={(stage) => onChange({ pipeline: value.pipeline, stage })}
        />
      )}
    </div>
  )
}
