import { words } from '../../kit/i18n'
import { crmTexts } from '../../kit/i18n/flow/crm'
import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { Link } from '../../kit/link'
import { Note, TextButton } from './choice'
import type { PortalView } from './views'

/** What the server finds wrong with what is stored on this tab; fields say theirs at each pair. */
export function Remarks({ said }: { said: readonly string[] }) {
  if (said.length === 0) return null
  return (
    <div className="mb-4">
      <Note>
        {said.map((one) => (
          <p key={one}>{one}</p>
        ))}
      </Note>
    </div>
  )
}

/** What keeps everything from being passed on, whatever the tabs say. */
export function Standing({ portal, off, onSwitchOn }: { portal: PortalView | undefined; off: boolean; onSwitchOn: () => void }) {
  const f = crmSettings()
  const interrupted = portal?.state === 'interrupted'
  const reason = interrupted ? undefined : portal?.reason
  if (!reason && !interrupted && !off) return null
  return (
    <div className="mb-4 space-y-2">
      {reason && (
        <Note tone={portal?.state === 'connected' ? 'warn' : 'bad'}>
          {words(reason)} {portal?.remedy && words(portal.remedy)}{' '}
          <Link href="/cabinet/crm" className="rounded-control font-medium underline underline-offset-2">
            {f.toPortals}
          </Link>
        </Note>
      )}
      {interrupted && <Note>{portal.reason ? words(portal.reason) : crmTexts().interrupted}</Note>}
      {off && (
        <Note tone="plain">
          {f.isOff} <TextButton onClick={onSwitchOn}>{f.switchOn}</TextButton>
        </Note>
      )}
    </div>
  )
}
