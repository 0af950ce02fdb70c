import { Menu as Base } from '@base-ui/react/menu'
import { Check } from 'lucide-react'
import type { ReactElement, ReactNode } from 'react'

const popup =
  'float-in z-50 max-h-[min(420px,var(--available-height))] min-w-52 overflow-y-auto rounded-card border border-line bg-pane p-1 text-second shadow-float outline-none'
const row =
  'flex min-h-8 w-full items-center gap-2 rounded-control px-2 py-1 text-left outline-none select-none data-highlighted:bg-hover data-disabled:opacity-50'

/** A menu below a button. */
export function Menu({
  trigger,
  children,
  align = 'start',
  side = 'bottom',
}: {
  trigger: ReactElement
  children: ReactNode
  align?: 'start' | 'end'
  side?: 'bottom' | 'right' | 'top'
}) {
  return (
    <Base.Root modal={false}>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner align={align} side={side} sideOffset={6} className="z-50 outline-none">
          <Base.Popup className={popup}>{children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}

export function MenuItem({
  icon,
  children,
  onClick,
  checked,
  disabled,
  tone,
}: {
  icon?: ReactNode
  children: ReactNode
  onClick: () => void
  checked?: boolean
  disabled?: boolean
  tone?: 'danger'
}) {
  return (
    <Base.Item disabled={!!disabled} onClick={onClick} className={`${row} ${tone === 'danger' ? 'text-red' : ''}`}>
      {icon && <span className="grid min-w-5 shrink-0 place-items-center text-ink3">{icon}</span>}
      <span className="min-w-0 flex-1 truncate">{children}</span>
      {checked && <Check size={15} className="shrink-0 text-accent" aria-hidden="true" />}
    </Base.Item>
  )
}

export function MenuGroup({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Base.Group>
      <Base.GroupLabel className="px-2 pt-2 pb-1 text-caption text-ink3">{label}</Base.GroupLabel>
      {children}
    </Base.Group>
  )
}

export const MenuLine = () => <Base.Separator className="mx-1 my-1 h-px bg-line" />
