import { TriangleAlert } from 'lucide-react'
import { words } from '../../kit/i18n'
import { crmTexts } from '../../kit/i18n/flow/crm'
import { Link } from '../../kit/link'
import { buttonClass } from '../../kit/ui/button'
import { mendTab, type Tab } from './pointers'
import type { FaultView } from './views'

/** Where a fault is mended: a tab of its integration, or the channel's page. */
export function mendAddress(fault: FaultView): string | null {
  const tab = fault.tab ? mendTab(fault.tab) : null
  if (fault.integration_id) return `/cabinet/crm/${fault.integration_id}${tab && tab !== 'main' ? `/${tab}` : ''}`
  if (fault.channel_id) return `/cabinet/channels/${fault.channel_id}/crm`
  return null
}

const box = 'flex flex-wrap items-start gap-x-3 gap-y-1 rounded-card border border-amber bg-pane px-4 py-3'

function Said({ fault }: { fault: FaultView }) {
  return (
    <>
      <TriangleAlert size={17} className="mt-0.5 shrink-0 text-amber" aria-hidden="true" />
      <span className="min-w-48 flex-1">
        <span className="block font-medium">{words(fault.words)}</span>
        <span className="block text-second text-ink2">{words(fault.remedy)}</span>
      </span>
    </>
  )
}

/** Faults that the product found by itself (CRM-6), each with the way to where it is mended. */
export function HomeFaults({ faults }: { faults: readonly FaultView[] }) {
  const f = crmTexts().faults
  if (faults.length === 0) return null
  return (
    <section className="mb-6">
      <h2 className="mb-2 text-heading font-semibold">{f.title}</h2>
      <ul className="space-y-2" data-faults>
        {faults.map((fault, n) => {
          const to = mendAddress(fault)
          return (
            <li key={n} className={box}>
              <Said fault={fault} />
              {to && (
                <Link href={to} className={buttonClass('soft')}>
                  {f.mend}
                </Link>
              )}
            </li>
          )
        })}
      </ul>
    </section>
  )
}

/** The faults that are mended on this tab. */
export function EditorFaults({ faults, tab }: { faults: readonly FaultView[]; tab: Tab }) {
  const here = faults.filter((one) => one.tab && mendTab(one.tab) === tab)
  if (here.length === 0) return null
  return (
    <ul className="mb-4 space-y-2" data-faults>
      {here.map((fault, n) => (
        <li key={n} className={box}>
          <Said fault={fault} />
        </li>
      ))}
    </ul>
  )
}
