import type { Me } from '../../kit/api/types'
import { words } from '../../kit/i18n'
import { scenarioTexts } from '../../kit/i18n/flow/scenario'
import type { Scenario, Step } from './model'
import { type Fault, faultIn, faultsAt } from './problems'
import { StepForm } from './step-form'
import { numberOf } from './summary'
import type { Trial } from './try-api'
import { TryPanel } from './try-panel'
import { UsedBy } from './used-by'
import type { Editor } from './use-editor'

export type SideTab = 'step' | 'try' | 'channels'

const TABS: SideTab[] = ['step', 'try', 'channels']

/** Beside the flow: the settings of the chosen step, the trial, the channels. */
export function Side({
  me,
  tab,
  onTab,
  editor,
  chosen,
  scenario,
  names,
  trial,
  stale,
  onTrial,
  onFaults,
}: {
  me: Me
  tab: SideTab
  onTab: (tab: SideTab) => void
  editor: Editor
  chosen: Step | undefined
  scenario: string | null
  names: Map<string, string>
  trial: Trial | null
  stale: boolean
  onTrial: (trial: Trial | null) => void
  onFaults: (faults: Fault[]) => void
}) {
  const f = scenarioTexts()
  const labels: Record<SideTab, string> = { step: f.panelStep, try: f.panelTry, channels: f.panelChannels }
  const move = (by: number) => {
    const next = TABS[(TABS.indexOf(tab) + by + TABS.length) % TABS.length] ?? 'step'
    onTab(next)
    document.getElementById(`side-${next}`)?.focus()
  }
  const tree: Scenario = editor.tree
  return (
    <aside className="sticky top-0 max-h-[calc(100dvh-48px)] w-[348px] shrink-0 overflow-y-auto rounded-card border border-line bg-pane max-[1099px]:static max-[1099px]:max-h-none max-[1099px]:w-full">
      <div role="tablist" aria-label={f.title} className="sticky top-0 z-10 flex gap-3.5 border-b border-line bg-pane px-4">
        {TABS.map((one) => (
          <button
            key={one}
            id={`side-${one}`}
            type="button"
            role="tab"
            aria-selected={tab === one}
            aria-controls="side-panel"
            tabIndex={tab === one ? 0 : -1}
            onClick={() => onTab(one)}
            onKeyDown={(event) => {
              if (event.code === 'ArrowRight') move(1)
              if (event.code === 'ArrowLeft') move(-1)
            }}
            className="-mb-px border-b-2 border-transparent py-2.5 font-medium whitespace-nowrap text-ink2 -outline-offset-2 hover:text-ink aria-selected:border-accent aria-selected:text-ink"
          >
            {labels[one]}
          </button>
        ))}
      </div>
      <div id="side-panel" role="tabpanel" aria-labelledby={`side-${tab}`} className="p-4">
        {tab === 'step' &&
          (chosen && editor.chosen ? (
            <OneStep key={editor.chosen} step={chosen} at={editor.chosen} editor={editor} />
          ) : (
            <p className="py-6 text-center text-ink2">{f.nothingChosen}</p>
          ))}
        {/* What was typed into the example stays while a step is looked at. */}
        <div hidden={tab !== 'try'}>
          <TryPanel
            tree={tree}
            trial={trial}
            stale={stale}
            onTrial={onTrial}
            onFaults={onFaults}
            onStep={(at) => editor.choose(at)}
          />
        </div>
        {tab === 'channels' && <UsedBy me={me} scenario={scenario} names={names} />}
      </div>
    </aside>
  )
}

function OneStep({ step, at, editor }: { step: Step; at: string; editor: Editor }) {
  const f = scenarioTexts()
  const faults = faultsAt(editor.faults, at)
  const told = (place: string) => {
    const found = faultIn(faults, place)
    return found && words(found)
  }
  // What is wrong with the step as a whole, or with a branch of it, has no field of its own.
  const rest = faults.filter((fault) => fault.at === at || /\/(then|otherwise|steps)$/.test(fault.at))
  return (
    <section
      data-step-form
      aria-label={f.stepOf(f.steps[step.do])}
      className="space-y-4"
      onKeyDown={(event) => {
        if (event.code !== 'Escape' || event.defaultPrevented) return
        event.stopPropagation()
        editor.choose(at)
      }}
    >
      <div>
        <h2 className="text-heading font-semibold">
          {f.steps[step.do]} <span className="num font-normal text-ink3">{numberOf(at)}</span>
        </h2>
        <p className="text-second text-ink2">{f.stepsHelp[step.do]}</p>
      </div>
      {rest.map((fault) => (
        <p key={fault.at} role="alert" className="rounded-control bg-red-soft px-3 py-2 text-second text-red">
          {words(fault.words)}
        </p>
      ))}
      <StepForm step={step} at={at} told={told} onChange={(next) => editor.setStep(at, next)} />
    </section>
  )
}
