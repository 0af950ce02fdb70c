import { CircleCheck, TriangleAlert } from 'lucide-react'
import { s } from '../../kit/i18n/cabinet-settings'
import { Button } from '../../kit/ui/button'

/** What came of a visit to a service's own page, in words; `code` for what has no words. */
export function CameBack({ good, text, code, onClose }: { good: boolean; text: string; code?: string; onClose: () => void }) {
  return (
    <div
      role={good ? 'status' : 'alert'}
      data-came={good ? 'connected' : 'refused'}
      className={`mb-5 flex flex-wrap items-start gap-3 rounded-card px-4 py-3 ${good ? 'bg-green-soft text-green' : 'bg-red-soft text-red'}`}
    >
      {good ? (
        <CircleCheck size={18} className="mt-0.5 shrink-0" aria-hidden="true" />
      ) : (
        <TriangleAlert size={18} className="mt-0.5 shrink-0" aria-hidden="true" />
      )}
      <div className="min-w-48 flex-1">
        <p>{text}</p>
        {code && <p className="num text-caption">{s().faultCode(code)}</p>}
      </div>
      <Button onClick={onClose}>{s().gotIt}</Button>
    </div>
  )
}
