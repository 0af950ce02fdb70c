import { Flag, MessageCircle, Plus } from 'lucide-react'
import type { DragEvent, KeyboardEvent } from 'react'
import { scenarioTexts } from '../../kit/i18n/flow/scenario'
import { Menu, MenuItem } from '../../kit/ui/menu'
import type { NameOf } from './directory'
import { type Scenario, STEP_KINDS, type Step, type StepKind } from './model'
import { type Fault, faultsAt } from './problems'
import { StepCard, stepIcons } from './step-card'
import { numberOf } from './summary'
import { type BranchName, branches, ends, mayMove, type Pointer, ROOT } from './tree'

/** What the parts of the drawing need to know and may do. */
export interface Drawing {
  name: NameOf
  faults: Fault[]
  chosen: Pointer | null
  /** The step that is being moved: every place where it may stand asks for it. */
  moving: Pointer | null
  /** What the trial says of the steps on its way. */
  trial: Map<Pointer, string> | null
  choose: (at: Pointer) => void
  add: (list: Pointer, index: number, kind: StepKind) => void
  duplicate: (at: Pointer) => void
  nudge: (at: Pointer, way: 'up' | 'down') => void
  lift: (at: Pointer | null) => void
  drop: (list: Pointer, index: number) => void
  remove: (at: Pointer) => void
  key: (event: KeyboardEvent, at: Pointer) => void
}

/*
 * Every line stands 28 px from the left edge of its list, where the icons of the cards are. Lanes of a
 * fork stand beside each other; in a narrow window below each other, each further in.
 */
const stem = 'absolute left-[27px] w-0.5 bg-edge'

/** The scenario as a tree from the top down. */
export function Flow({ tree, on }: { tree: Scenario; on: Drawing }) {
  const f = scenarioTexts()
  const open = !tree.steps.some(ends)
  return (
    <div className="w-max min-w-full pb-4">
      <Terminal icon={<MessageCircle size={16} />} title={f.begin} hint={f.beginHint} />
      <Steps list={ROOT} steps={tree.steps} on={on} />
      {open && <Terminal icon={<Flag size={16} />} title={f.finish} />}
    </div>
  )
}

function Terminal({ icon, title, hint }: { icon: React.ReactNode; title: string; hint?: string }) {
  return (
    <div className="flex w-72 items-center gap-3 pl-3">
      <span
        className="grid size-8 shrink-0 place-items-center rounded-full border border-edge bg-pane text-ink2"
        aria-hidden="true"
      >
        {icon}
      </span>
      <span className="min-w-0">
        <span className="block font-medium">{title}</span>
        {hint && <span className="block text-caption text-ink3">{hint}</span>}
      </span>
    </div>
  )
}

function Steps({ list, steps, on }: { list: Pointer; steps: Step[]; on: Drawing }) {
  const last = steps.at(-1)
  return (
    <>
      <ol>
        {steps.map((step, n) => (
          <li key={n}>
            <Gap list={list} index={n} on={on} />
            <StepCard step={step} at={`${list}/${n}`} faults={faultsAt(on.faults, `${list}/${n}`)} on={on} />
            <Lanes step={step} at={`${list}/${n}`} on={on} />
          </li>
        ))}
      </ol>
      {!(last && ends(last)) && <Gap list={list} index={steps.length} end on={on} />}
    </>
  )
}

/** The line between two steps, with the place where one more may stand. */
function Gap({ list, index, end, on }: { list: Pointer; index: number; end?: true; on: Drawing }) {
  const f = scenarioTexts()
  const where = !end ? f.placeBefore(numberOf(`${list}/${index}`)) : list === ROOT ? f.placeEnd : f.placeEndOf(numberOf(list))
  if (on.moving !== null) {
    const fits = mayMove(on.moving, list, index)
    const over = (event: DragEvent) => {
      event.preventDefault()
      event.dataTransfer.dropEffect = 'move'
    }
    return (
      <div className="relative flex h-9 w-72 items-center">
        <span className={`${stem} inset-y-0`} />
        {fits && (
          <button
            type="button"
            data-drop={`${list}/${index}`}
            aria-label={f.moveHere(where)}
            onClick={() => on.drop(list, index)}
            onDragOver={over}
            onDrop={(event) => {
              event.preventDefault()
              on.drop(list, index)
            }}
            onKeyDown={(event) => event.key === 'Escape' && on.lift(null)}
            className="relative h-7 w-full rounded-control border border-dashed border-accent bg-accent-soft text-caption font-medium text-accent-text"
          >
            {f.here}
          </button>
        )}
      </div>
    )
  }
  return (
    <div className="relative h-9 w-72">
      <span className={`${stem} inset-y-0`} />
      <Menu
        trigger={
          <button
            type="button"
            data-gap={`${list}/${index}`}
            aria-label={f.addHere(where)}
            title={f.addStep}
            className="absolute top-1.5 left-4 grid size-6 place-items-center rounded-full border border-edge bg-pane text-ink2 hover:border-accent hover:text-accent-text"
          >
            <Plus size={14} aria-hidden="true" />
          </button>
        }
      >
        {STEP_KINDS.map((kind) => {
          const Icon = stepIcons[kind]
          return (
            <MenuItem key={kind} icon={<Icon size={16} />} onClick={() => on.add(list, index, kind)}>
              {f.steps[kind]}
            </MenuItem>
          )
        })}
      </Menu>
    </div>
  )
}

const chips: Record<BranchName, string> = {
  then: 'bg-green-soft text-green',
  otherwise: 'bg-hover text-ink2',
  unanswered: 'bg-amber-soft text-amber',
  nobody: 'bg-hover text-ink2',
}

/** The lists below a step, with the lines that part and join them. */
function Lanes({ step, at, on }: { step: Step; at: Pointer; on: Drawing }) {
  const f = scenarioTexts()
  const lanes = branches(step, at)
  if (lanes.length === 0) return null
  // What a distribution leaves undone never comes back to the steps after it.
  const goesOn = lanes.map((lane) => step.do === 'if' && !lane.steps.some(ends))
  const joins = (from: number) => goesOn.some((yes, n) => yes && n >= from)
  const several = lanes.length > 1
  return (
    <div className="flex items-stretch max-[759px]:flex-col">
      {lanes.map((lane, n) => {
        const later = n < lanes.length - 1
        return (
          <div
            key={lane.name}
            role="group"
            aria-label={`${numberOf(at)}, ${f.branch[lane.name]}`}
            className={`relative flex flex-col pr-6 last:pr-0 max-[759px]:pr-0 ${several ? 'max-[759px]:pl-6' : ''}`}
          >
            {several && (
              <span className={`${stem} top-0 hidden max-[759px]:block ${later || joins(0) ? 'bottom-0' : 'h-8'}`} />
            )}
            <div className="relative h-11">
              <span className={`${stem} bottom-0 ${n > 0 ? 'top-3' : 'top-0'} ${several ? 'max-[759px]:top-8' : ''}`} />
              {later && <span className="absolute top-3 -right-6 left-7 h-0.5 bg-edge max-[759px]:hidden" />}
              {n > 0 && <span className="absolute top-3 left-0 h-0.5 w-7 bg-edge max-[759px]:hidden" />}
              {several && (
                <span className="absolute top-8 left-[3px] hidden h-0.5 w-6 bg-edge max-[759px]:block" />
              )}
              <span
                className={`absolute top-5 left-2.5 inline-flex h-6 items-center rounded-full border border-line px-2.5 text-caption font-medium whitespace-nowrap ${chips[lane.name]}`}
              >
                {f.branch[lane.name]}
              </span>
            </div>
            <Steps list={lane.list} steps={lane.steps} on={on} />
            {step.do === 'distribute' && !lane.steps.some(ends) && (
              <p className="w-72 pl-3 text-caption text-ink3">{f.laneEnd}</p>
            )}
            <div className="relative min-h-5 flex-1">
              {goesOn[n] && <span className={`${stem} inset-y-0`} />}
              {joins(n + 1) && <span className="absolute -right-6 bottom-0 left-7 h-0.5 bg-edge max-[759px]:hidden" />}
              {n > 0 && joins(n) && <span className="absolute bottom-0 left-0 h-0.5 w-7 bg-edge max-[759px]:hidden" />}
            </div>
          </div>
        )
      })}
    </div>
  )
}
