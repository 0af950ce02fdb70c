import { s } from '../../kit/i18n/cabinet-settings'
import { crmQuarantine } from '../../kit/i18n/flow/crm-quarantine'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { Faulty } from '../load'
import { More } from '../parts/bits'
import { usePages } from '../parts/pages'
import { Quarantined, QuarantineBox } from '../parts/quarantine'
import { readQuarantine, readQuarantined, settleQuarantined } from './api'
import type { PortalView } from './views'

/** What the portals sent and nobody understood, above what was done by them. */
export function CrmQuarantine({ portals }: { portals: readonly PortalView[] }) {
  const open = portals.filter((one) => one.not_understood > 0)
  if (open.length === 0) return null
  return (
    <div className="mb-6 grid grid-cols-[minmax(0,1fr)] gap-4">
      {open.map((portal) => (
        <OfPortal key={portal.portal_id} portal={portal} />
      ))}
    </div>
  )
}

/** Read anew when their number changes: whoever shows the portal hears of that. */
function OfPortal({ portal }: { portal: PortalView }) {
  const f = crmQuarantine()
  const id = portal.portal_id
  const { items, next, more, again, fault, busy } = usePages((cursor) => readQuarantine(id, cursor), String(portal.not_understood))
  const settle = (one: string) =>
    void settleQuarantined(id, one).then(() => {
      toast(s().channels.resolved)
      void again()
    }, tellRefusal)
  if (fault && !items) return <Faulty fault={fault} again={again} />
  if (!items || items.length === 0) return null
  return (
    <QuarantineBox title={f.title(portal.title)} hint={f.hint}>
      {items.map((one) => (
        <Quarantined
          key={one.quarantine_id}
          one={one}
          read={() => readQuarantined(id, one.quarantine_id)}
          resolve={() => settle(one.quarantine_id)}
        />
      ))}
      {next && (
        <li className="border-t border-line px-4 pb-3">
          <More next={next} busy={busy} more={more} />
        </li>
      )}
    </QuarantineBox>
  )
}
