import { TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { words } from '../../kit/i18n'
import { crmTexts } from '../../kit/i18n/flow/crm'
import { Link } from '../../kit/link'
import { Button, buttonClass } from '../../kit/ui/button'
import { mendTab, type Tab } from './pointers'
import type { FaultView } from './views'

/** The tab where it is mended; the funnel of «Неразобранное» is chosen beside its method. */
const tabOfFault = (fault: FaultView): Tab | null => (fault.code === 'unsorted_funnel_gone' ? 'main' : mendTab(fault.tab))

export function mendAddress(fault: FaultView): string {
  const tab = tabOfFault(fault)
  return `/cabinet/crm/${fault.integration_id}${tab && tab !== 'main' ? `/${tab}` : ''}`
}

/** More of them at once hide the portals below. */
const SHOWN = 4

const box = 'flex flex-wrap items-start gap-x-3 gap-y-1 rounded-card border border-amber bg-pane px-4 py-3'

function Said({ fault, of }: { fault: FaultView; of?: string }) {
  return (
    <>
      <TriangleAlert size={17} className="mt-0.5 shrink-0 text-amber" aria-hidden="true" />
      <span className="min-w-48 flex-1">
        <span className="block font-medium">{words(fault.words)}</span>
        <span className="block text-second text-ink2">{words(fault.remedy)}</span>
        {of && <span className="block text-caption text-ink3">{of}</span>}
      </span>
    </>
  )
}

/** Faults that the product found by itself (CRM-6), each with the way to where it is mended. */
export function HomeFaults({ faults }: { faults: readonly FaultView[] }) {
  const f = crmTexts().faults
  const [all, setAll] = useState(false)
  if (faults.length === 0) return null
  const shown = all ? faults : faults.slice(0, SHOWN)
  return (
    <section className="mb-6">
      <h2 className="mb-2 text-heading font-semibold">{f.title}</h2>
      <ul className="space-y-2" data-faults>
        {shown.map((fault, n) => {
          return (
            <li key={n} className={box}>
              <Said fault={fault} of={fault.integration} />
              <Link href={mendAddress(fault)} className={buttonClass('soft')}>
                {f.mend}
              </Link>
            </li>
          )
        })}
      </ul>
      {shown.length < faults.length && (
        <Button className="mt-2" onClick={() => setAll(true)}>
          {f.all(faults.length)}
        </Button>
      )}
    </section>
  )
}

export const isHere = (fault: FaultView, tab: Tab) => tabOfFault(fault) === tab

/** The faults that are mended on this tab. */
export function EditorFaults({ faults, tab }: { faults: readonly FaultView[]; tab: Tab }) {
  const here = faults.filter((one) => isHere(one, tab))
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
