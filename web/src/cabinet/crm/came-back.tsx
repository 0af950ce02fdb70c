import { crmTexts } from '../../kit/i18n/flow/crm'
import { crmPortals } from '../../kit/i18n/flow/crm-portals'
import { CameBack as Told } from '../parts/came-back'

/** How the browser came back from consent. */
export type Came = { is: 'connected'; portal: string } | { is: 'refused'; code: string }

export function comeBack(search: string): Came | null {
  const told = new URLSearchParams(search)
  const code = told.get('error')
  if (code) return { is: 'refused', code }
  const portal = told.get('connected')
  return portal ? { is: 'connected', portal } : null
}

type Reason = keyof ReturnType<typeof crmTexts>['came']['errors']

/** Codes of the return from consent (`ReturnFault`), by what a person can do about them. */
const REASONS: Record<string, Reason> = {
  denied: 'denied',
  state: 'state',
  host: 'host',
  code: 'code',
  other_account: 'other_account',
  unreachable: 'unreachable',
}

export const reasonOf = (code: string): Reason => REASONS[code] ?? 'other'

/** What came of the consent, in words. */
export function CameBack({ came, integrations, onClose }: { came: Came; integrations: readonly { portal_id: string }[]; onClose: () => void }) {
  const f = crmTexts().came
  if (came.is === 'connected') {
    const again = integrations.some((one) => one.portal_id === came.portal)
    return <Told good text={again ? f.again : f.connected} onClose={onClose} />
  }
  const trouble = (crmPortals().came as Record<string, string>)[came.code]
  if (trouble) return <Told good={false} text={trouble} onClose={onClose} />
  const reason = reasonOf(came.code)
  return <Told good={false} text={f.errors[reason]} {...(reason === 'other' ? { code: came.code } : {})} onClose={onClose} />
}
