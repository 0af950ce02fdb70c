import { useState } from 'react'
import { t } from '../../kit/i18n'
import { crmTexts } from '../../kit/i18n/flow/crm'
import { Button } from '../../kit/ui/button'
import { tellRefusal } from '../../kit/ui/toast'
import { consent } from './api'
import type { CrmKindView, PortalView } from './views'

/** What every way to connect knows: the CRM, the portal when it is connected again, how to leave it be. */
export interface WayProps {
  kind: CrmKindView
  portal: PortalView | undefined
  onClose: () => void
}

/** To the CRM's own page, which asks for consent; `app`: by which app, absent: by the one that the portal had. */
export function ToConsent({ kind, portal, app, onClose }: WayProps & { app?: { of: 'server' } }) {
  const [busy, setBusy] = useState(false)
  const leave = () => {
    setBusy(true)
    consent({ kind: kind.kind, portal_id: portal?.portal_id, ...(app ? { app } : {}) }).then(
      ({ url }) => location.assign(url),
      (error: unknown) => {
        setBusy(false)
        tellRefusal(error)
      },
    )
  }
  return (
    <div className="flex flex-wrap justify-end gap-2">
      <Button onClick={onClose}>{t.cancel}</Button>
      <Button look="main" disabled={busy} onClick={leave}>
        {crmTexts().dialog.go}
      </Button>
    </div>
  )
}
