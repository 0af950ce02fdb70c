import {
  ArrowDown,
  ArrowUp,
  CircleCheckBig,
  Clock,
  Copy,
  EllipsisVertical,
  GitFork,
  GripVertical,
  type LucideIcon,
  MessageSquareReply,
  Move,
  NotebookPen,
  Tag,
  Trash2,
  TriangleAlert,
  UsersRound,
} from 'lucide-react'
import type { KeyboardEvent } from 'react'
import { words } from '../../kit/i18n'
import { scenarioTexts } from '../../kit/i18n/flow/scenario'
import { IconButton } from '../../kit/ui/button'
import { Menu, MenuItem, MenuLine } from '../../kit/ui/menu'
import type { Step, StepKind } from './model'
import type { Fault } from './problems'
import { numberOf, summary } from './summary'
import type { Drawing } from './flow'

export const stepIcons: Record<StepKind, LucideIcon> = {
  if: GitFork,
  distribute: UsersRound,
  auto_reply: MessageSquareReply,
  contact_form: NotebookPen,
  tag: Tag,
  wait: Clock,
  close: CircleCheckBig,
}

const tones: Record<StepKind, string> = {
  if: 'bg-amber-soft text-amber',
  distribute: 'bg-accent-soft text-accent-text',
  auto_reply: 'bg-hover text-ink2',
  contact_form: 'bg-hover text-ink2',
  tag: 'bg-hover text-ink2',
  wait: 'bg-hover text-ink2',
  close: 'bg-green-soft text-green',
}

/** A step of the flow: what it is, what it does in one line, what is wrong with it, what the trial says. */
export function StepCard({ step, at, faults, on }: { step: Step; at: string; faults: Fault[]; on: Drawing }) {
  const f = scenarioTexts()
  const Icon = stepIcons[step.do]
  const name = f.steps[step.do]
  const number = numberOf(at)
  const said = summary(step, on.name)
  const chosen = on.chosen === at
  const trial = on.trial?.get(at)
  const dim = on.trial && !trial
  const fault = faults[0]
  const edge = fault
    ? 'border-red'
    : trial
      ? 'border-accent'
      : chosen
        ? 'border-accent'
        : 'border-line hover:border-edge'
  return (
    <div
      data-on-way={trial !== undefined || undefined}
      className={`relative flex w-72 rounded-card border outline-offset-2 outline-accent has-[[data-step]:focus-visible]:outline-2 ${dim ? 'bg-raised' : 'bg-pane'} ${edge} ${chosen || trial ? 'ring-1 ring-accent' : ''} ${on.moving === at ? 'border-dashed opacity-60' : ''}`}
    >
      <button
        type="button"
        data-step={at}
        aria-current={chosen ? 'step' : undefined}
        aria-describedby={fault ? `fault-${at}` : undefined}
        onClick={() => on.choose(at)}
        onKeyDown={(event: KeyboardEvent) => on.key(event, at)}
        className="flex min-w-0 flex-1 items-start gap-3 rounded-card py-3 pr-1 pl-3 text-left outline-none"
      >
        <span className={`grid size-8 shrink-0 place-items-center rounded-control ${tones[step.do]}`} aria-hidden="true">
          <Icon size={17} />
        </span>
        <span className="min-w-0 flex-1">
          <span className="flex items-baseline gap-1.5">
            <span className="sr-only">{f.stepNumber(number)} </span>
            <span className="font-medium">{name}</span>
            <span className="num text-caption text-ink3" aria-hidden="true">
              {number}
            </span>
          </span>
          {said && <span className="mt-0.5 line-clamp-3 text-second break-words text-ink2">{said}</span>}
          {fault && (
            <span id={`fault-${at}`} className="mt-1 flex items-start gap-1 text-caption text-red">
              <TriangleAlert size={13} className="mt-0.5 shrink-0" aria-hidden="true" />
              <span className="min-w-0">{words(fault.words)}</span>
            </span>
          )}
          {trial && (
            <span className="mt-1.5 block rounded-control bg-accent-soft px-2 py-1 text-caption text-accent-text">
              {trial}
            </span>
          )}
        </span>
      </button>
      <div className="flex flex-col items-center pt-1.5 pr-1">
        <Menu
          align="end"
          trigger={
            <IconButton label={f.deedsOfStep(number, name)} className="size-7">
              <EllipsisVertical size={16} />
            </IconButton>
          }
        >
          <MenuItem icon={<Copy size={15} />} onClick={() => on.duplicate(at)}>
            {f.deeds.duplicate}
          </MenuItem>
          <MenuItem icon={<ArrowUp size={15} />} onClick={() => on.nudge(at, 'up')}>
            {f.deeds.up}
          </MenuItem>
          <MenuItem icon={<ArrowDown size={15} />} onClick={() => on.nudge(at, 'down')}>
            {f.deeds.down}
          </MenuItem>
          <MenuItem icon={<Move size={15} />} onClick={() => on.lift(at)}>
            {f.deeds.move}
          </MenuItem>
          <MenuLine />
          <MenuItem icon={<Trash2 size={15} />} tone="danger" onClick={() => on.remove(at)}>
            {f.deeds.remove}
          </MenuItem>
        </Menu>
        <span
          draggable
          aria-hidden="true"
          onDragStart={(event) => {
            event.dataTransfer.effectAllowed = 'move'
            event.dataTransfer.setData('text/plain', at)
            // A drawing that changes while the drag begins would end it.
            setTimeout(() => on.lift(at))
          }}
          onDragEnd={() => on.lift(null)}
          className="grid size-7 cursor-grab place-items-center text-ink3"
        >
          <GripVertical size={15} />
        </span>
      </div>
    </div>
  )
}
