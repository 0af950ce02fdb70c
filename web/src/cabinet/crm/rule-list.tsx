import { ArrowDown, ArrowUp, Plus, Trash2 } from 'lucide-react'
import type { ReactNode } from 'react'
import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { Button, IconButton } from '../../kit/ui/button'
import { Wrong } from './choice'
import { useEditor } from './context'

/** Rules in their order: the first that fits counts. */
export function RuleList<T>({
  rules,
  at,
  none,
  make,
  children,
  onChange,
}: {
  rules: readonly T[]
  /** Its place in the settings. */
  at: string
  none: string
  make: () => T
  children: (rule: T, n: number, set: (rule: T) => void) => ReactNode
  onChange: (rules: T[]) => void
}) {
  const f = crmSettings().rules
  const { whole } = useEditor().editing
  const swapped = (a: number, b: number): T[] => {
    const order = [...rules]
    const [first, second] = [order[a], order[b]]
    if (first !== undefined && second !== undefined) [order[a], order[b]] = [second, first]
    return order
  }
  return (
    <div className="space-y-3">
      <Wrong said={whole(at)} />
      <p className="text-second text-ink3">{rules.length === 0 ? none : f.order}</p>
      <ol className="space-y-3">
        {rules.map((rule, n) => (
          <li key={n} className="rounded-card border border-line p-3">
            <div className="mb-2 flex items-center gap-1">
              <h4 className="min-w-0 flex-1 text-second font-semibold">{f.one(n + 1)}</h4>
              <IconButton label={f.up(n + 1)} disabled={n === 0} onClick={() => onChange(swapped(n, n - 1))}>
                <ArrowUp size={15} />
              </IconButton>
              <IconButton
                label={f.down(n + 1)}
                disabled={n === rules.length - 1}
                onClick={() => onChange(swapped(n, n + 1))}
              >
                <ArrowDown size={15} />
              </IconButton>
              <IconButton label={f.remove(n + 1)} onClick={() => onChange(rules.toSpliced(n, 1))}>
                <Trash2 size={15} />
              </IconButton>
            </div>
            <div className="space-y-3">{children(rule, n, (next) => onChange(rules.with(n, next)))}</div>
          </li>
        ))}
      </ol>
      <Button look="soft" onClick={() => onChange([...rules, make()])}>
        <Plus size={15} aria-hidden="true" />
        {f.add}
      </Button>
    </div>
  )
}
