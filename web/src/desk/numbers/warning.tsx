import { useEffect, useState } from 'react'
import { api, ask } from '../../kit/api/client'
import { deskNumbers } from '../../kit/i18n/desk-numbers'
import { date } from '../../kit/i18n/format'
import { type Check, warningOf } from './checks'

/** So long a person may be typing the number still. */
const TYPED = 400

/** Before a message goes to a number that is known not to exist (WA-1); a warning, since numbers come back. */
export function NumberWarning({ channel, to }: { channel: { channel_id: string; name: string }; to: string | null }) {
  const checks = useKnownChecks(to?.startsWith('+') ? to : null)
  const found = warningOf(checks, channel.channel_id)
  return (
    <div role="status" className="empty:hidden">
      {found?.answered_at && (
        <p className="rounded-control bg-amber-soft px-3 py-2 text-second text-amber">
          {deskNumbers().warning(channel.name, date(found.answered_at))}
        </p>
      )}
    </div>
  )
}

function useKnownChecks(phone: string | null): readonly Check[] {
  const [checks, setChecks] = useState<readonly Check[]>([])
  useEffect(() => {
    setChecks([])
    if (!phone) return
    const abort = new AbortController()
    const timer = setTimeout(() => {
      ask(api.GET('/api/v1/number-checks', { params: { query: { phone } }, signal: abort.signal })).then(
        ({ items }) => setChecks(items),
        () => {
          // What is not known does not hold anybody up.
        },
      )
    }, TYPED)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [phone])
  return checks
}
