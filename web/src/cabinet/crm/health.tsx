import { useEffect, useState } from 'react'
import { CircleCheck, Plug, TriangleAlert } from 'lucide-react'
import { words } from '../../kit/i18n'
import { crmTexts } from '../../kit/i18n/flow/crm'
import { crmQuarantine } from '../../kit/i18n/flow/crm-quarantine'
import { Link } from '../../kit/link'
import { Chip } from '../parts/bits'
import { readFaults } from './api'
import { tones } from './portal-tones'
import type { PortalView } from './views'

const parted = (portal: PortalView) => portal.state === 'disconnected' && portal.integrations.some((one) => one.enabled)
const troubled = (portal: PortalView) =>
  portal.state === 'stopped' ||
  portal.state === 'interrupted' ||
  parted(portal) ||
  portal.failed > 0 ||
  // It works in part: what happens in the CRM does not come back, or access ends soon.
  (portal.state === 'connected' && !!portal.reason)

/** What failed or was not understood is looked at in the journal; all else is mended at the portals. */
function address(portal: PortalView): string {
  if (portal.state === 'connected' && portal.failed > 0) return `/cabinet/crm/log?state=failed&portal=${portal.portal_id}`
  return portal.state === 'connected' && portal.not_understood > 0 ? '/cabinet/crm/log' : '/cabinet/crm'
}

/** Whether what customers write reaches the CRMs: how much waits, what failed, and why. */
export default function CrmHealth({ portals }: { portals: readonly PortalView[] }) {
  const f = crmTexts()
  const bad = portals.filter(troubled).length
  const [faults, setFaults] = useState(0)
  // The portals are told anew when anything changed; what stands in the way is looked for then too.
  useEffect(() => {
    let gone = false
    readFaults().then(
      (found) => !gone && setFaults(found.length),
      () => {},
    )
    return () => {
      gone = true
    }
  }, [portals])
  const passing = (portal: PortalView) => {
    if (portal.integrations.length === 0) return [f.health.noIntegrations]
    if (portal.integrations.every((one) => !one.enabled)) return [f.health.allOff]
    const waits = portal.waiting > 0 ? f.waiting(portal.waiting) : ''
    const failed = portal.failed > 0 ? f.failed(portal.failed) : ''
    return waits || failed ? [waits, failed] : [f.nothingWaits]
  }
  const facts = (portal: PortalView) => {
    const unread = portal.not_understood > 0 ? crmQuarantine().count(portal.not_understood) : ''
    return [...passing(portal), unread].filter(Boolean)
  }
  return (
    <section className="mt-6" data-crm-health>
      <header className="mb-3 flex flex-wrap items-baseline gap-x-3">
        <h2 className="text-heading font-semibold">{f.health.title}</h2>
        <p className={`inline-flex items-center gap-1.5 text-second ${bad ? 'text-red' : 'text-green'}`}>
          {bad ? (
            <TriangleAlert size={15} className="self-center" aria-hidden="true" />
          ) : (
            <CircleCheck size={15} className="self-center" aria-hidden="true" />
          )}
          {bad ? f.health.troubled(bad) : f.health.fine}
        </p>
        {faults > 0 && (
          <Link href="/cabinet/crm" className="num rounded-control text-second text-amber underline underline-offset-2">
            {f.health.toMend(faults)}
          </Link>
        )}
      </header>
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(280px,1fr))] gap-3">
        {portals.map((portal) => (
          <li key={portal.portal_id}>
            <Link
              href={address(portal)}
              className="flex h-full items-center gap-3 rounded-card border border-line bg-pane p-4 hover:bg-hover"
            >
              <span className="grid size-8 shrink-0 place-items-center rounded-full bg-accent-soft text-accent-text" aria-hidden="true">
                <Plug size={16} />
              </span>
              <span className="min-w-0 flex-1">
                <span className="block truncate font-medium">{portal.title}</span>
                <span className="num block text-caption text-ink2">
                  {facts(portal).join(' · ')}
                </span>
                {portal.reason && (
                  <span className="line-clamp-2 text-caption text-ink2">{words(portal.reason)}</span>
                )}
              </span>
              <Chip tone={tones[portal.state]}>{f.states[portal.state]}</Chip>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  )
}
