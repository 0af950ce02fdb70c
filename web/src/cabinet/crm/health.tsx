import { CircleCheck, Plug, TriangleAlert } from 'lucide-react'
import { words } from '../../kit/i18n'
import { crmTexts } from '../../kit/i18n/flow/crm'
import { Link } from '../../kit/link'
import { Chip } from '../parts/bits'
import { tones } from './portal-tones'
import type { PortalView } from './views'

const troubled = (portal: PortalView) => portal.state === 'stopped' || portal.state === 'interrupted' || portal.failed > 0

/** Whether what customers write reaches the CRMs: how much waits, what failed, and why. */
export default function CrmHealth({ portals }: { portals: readonly PortalView[] }) {
  const f = crmTexts()
  const bad = portals.filter(troubled).length
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
      </header>
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(280px,1fr))] gap-3">
        {portals.map((portal) => (
          <li key={portal.portal_id}>
            <Link
              href="/cabinet/crm"
              className="flex h-full items-center gap-3 rounded-card border border-line bg-pane p-4 hover:bg-hover"
            >
              <span className="grid size-8 shrink-0 place-items-center rounded-full bg-accent-soft text-accent-text" aria-hidden="true">
                <Plug size={16} />
              </span>
              <span className="min-w-0 flex-1">
                <span className="block truncate font-medium">{portal.title}</span>
                <span className="num block text-caption text-ink2">
                  {[portal.waiting > 0 ? f.waiting(portal.waiting) : f.nothingWaits, portal.failed > 0 ? f.failed(portal.failed) : '']
                    .filter(Boolean)
                    .join(' · ')}
                </span>
                {portal.reason && portal.state !== 'connected' && (
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
