import { crmTexts } from '../../kit/i18n/flow/crm'
import { Raw } from '../parts/raw'
import type { Call } from './views'

const text = (body: unknown) => (body === undefined || body === null ? '' : typeof body === 'string' ? body : JSON.stringify(body))

/** Calls of the CRM, without secrets; bodies are unfolded. */
export function Calls({ calls }: { calls: readonly Call[] }) {
  const f = crmTexts().log
  return (
    <ul className="space-y-1.5">
      {calls.map((call, n) => {
        const bad = !call.status || call.status >= 400
        return (
          <li key={n}>
            <details className="rounded-control border border-line px-3 py-1.5">
              <summary className="num rounded-control text-second">
                <span className="font-mono text-caption break-all">
                  {call.method} {call.path}
                </span>{' '}
                <span className={`font-medium ${bad ? 'text-red' : 'text-green'}`}>{call.status ?? f.noStatus}</span>{' '}
                {typeof call.took_ms === 'number' && <span className="text-ink3">{f.ms(call.took_ms)}</span>}
              </summary>
              <div className="mt-2 space-y-3 pb-1">
                <Raw title={f.request} text={text(call.request)} empty={f.emptyBody} />
                <Raw title={f.answer} text={text(call.answer ?? call.error)} empty={f.emptyBody} />
              </div>
            </details>
          </li>
        )
      })}
    </ul>
  )
}
