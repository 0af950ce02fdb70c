import { CircleCheck, TriangleAlert } from 'lucide-react'
import { crmTexts } from '../../kit/i18n/flow/crm'
import { Button } from '../../kit/ui/button'

/** How the browser came back from consent. */
export type Came = { is: 'connected' } | { is: 'refused'; code: string }

export function comeBack(search: string): Came | null {
  const told = new URLSearchParams(search)
  const code = told.get('error')
  if (code) return { is: 'refused', code }
  return told.get('connected') ? { is: 'connected' } : null
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
export function CameBack({ came, onClose }: { came: Came; onClose: () => void }) {
  const f = crmTexts().came
  const good = came.is === 'connected'
  return (
    <div
      role={good ? 'status' : 'alert'}
      data-came={came.is}
      className={`mb-5 flex flex-wrap items-start gap-3 rounded-card px-4 py-3 ${good ? 'bg-green-soft text-green' : 'bg-red-soft text-red'}`}
    >
      {good ? (
        <CircleCheck size={18} className="mt-0.5 shrink-0" aria-hidden="true" />
      ) : (
        <TriangleAlert size={18} className="mt-0.5 shrink-0" aria-hidden="true" />
      )}
      <div className="min-w-48 flex-1">
        <p>{good ? f.connected : f.errors[reasonOf(came.code)]}</p>
        {!good && reasonOf(came.code) === 'other' && <p className="num text-caption">{f.code(came.code)}</p>}
      </div>
      <Button onClick={onClose}>{f.dismiss}</Button>
    </div>
  )
}
