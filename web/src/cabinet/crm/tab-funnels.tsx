import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { Note, Part, TextButton } from './choice'
import { useEditor } from './context'
import { newGate } from './filter'
import { GateForm } from './gate-form'
import { LiveLine } from './live-line'
import { firstStage } from './places'
import { RuleList } from './rule-list'
import { isUnsorted, type StageRef } from './settings'
import { StageField } from './stage-field'

const target = (deal: StageRef | null) => ({ deal, lead: null })

/** AMO-10, AMO-11: where deals are made. */
export function TabFunnels() {
  const f = crmSettings()
  const { editing, live, open } = useEditor()
  const { draft, change } = editing
  const { funnel } = draft.settings
  const off = isUnsorted(draft.settings)
  const first = firstStage(live.directory)
  return (
    <>
      {off && (
        <Note>
          {f.funnels.unsorted} <TextButton onClick={() => open('main')}>{f.names.toMain}</TextButton>
        </Note>
      )}
      <LiveLine />
      <div inert={off} className={`space-y-5 ${off ? 'opacity-60' : ''}`}>
        <Part title={f.funnels.default}>
          <StageField
            at="/funnel/default/deal"
            value={funnel.default?.deal ?? null}
            first={f.funnels.first}
            disabled={off}
            onChange={(deal) => change({ funnel: { ...funnel, default: deal && target(deal) } })}
          />
          {!funnel.default?.deal && first && (
            <p className="text-caption text-ink3">{f.funnels.firstIs(first.pipeline.name, first.stage.name)}</p>
          )}
        </Part>
        <Part title={f.funnels.rules} hint={f.funnels.rulesHelp}>
          <RuleList
            rules={funnel.rules}
            at="/funnel/rules"
            none={f.funnels.noRules}
            make={() => ({
              gate: newGate(),
              to: target(first && { pipeline: first.pipeline.id, stage: first.stage.id }),
            })}
            onChange={(rules) => change({ funnel: { ...funnel, rules } })}
          >
            {(rule, n, set) => (
              <>
                <GateForm
                  gate={rule.gate}
                  at={`/funnel/rules/${n}/gate`}
                  of="rule"
                  onChange={(gate) => set({ ...rule, gate })}
                />
                <p className="text-second font-medium text-ink2">{f.funnels.to}</p>
                <StageField
                  at={`/funnel/rules/${n}/to/deal`}
                  value={rule.to.deal}
                  disabled={off}
                  onChange={(deal) => set({ ...rule, to: target(deal) })}
                />
              </>
            )}
          </RuleList>
        </Part>
      </div>
    </>
  )
}
