import { Check as Tick, CircleDashed, LoaderCircle, TriangleAlert, X } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { words } from '../../kit/i18n'
import { deskNumbers } from '../../kit/i18n/desk-numbers'
import { moment, phone } from '../../kit/i18n/format'
import { has } from '../../kit/session'
import { tellRefusal } from '../../kit/ui/toast'
import { useDesk, useDeskState } from '../context'
import { answerBefore, type Check, deedOf, type Wanted } from './checks'

const LOOK: Record<Check['state'], { icon: ReactNode; tone: string }> = {
  not_checked: { icon: <CircleDashed size={13} />, tone: 'text-ink3' },
  checking: { icon: <LoaderCircle size={13} className="motion-safe:animate-spin" />, tone: 'text-ink2' },
  exists: { icon: <Tick size={13} />, tone: 'text-green' },
  does_not_exist: { icon: <X size={13} />, tone: 'text-red' },
  failed: { icon: <TriangleAlert size={13} />, tone: 'text-amber' },
}

/** What one channel knows of a phone, and the button that asks it (WA-1). */
export function CheckLine({ check, onCheck }: { check: Check; onCheck: (check: Check, wanted: Wanted) => Promise<void> }) {
  const { me } = useDesk()
  const channel = useDeskState((state) => state.channels.get(check.channel_id)?.name)
  const [busy, setBusy] = useState(false)
  const texts = deskNumbers()
  const name = channel ?? texts.gone
  const deed = deedOf(check, has(me, 'work_conversations'))
  const paid = check.price === 'paid'
  const label = (deed?.again ? texts.again : texts.check) + (paid ? ` (${texts.paid})` : '')
  const before = answerBefore(check)
  const { icon, tone } = LOOK[check.state]
  const known = check.state === check.answer && check.answered_at
  return (
    <li data-number={check.state} className="text-caption">
      <span className="flex flex-wrap items-center gap-x-2">
        <span role="status" title={known ? texts.answered(moment(known)) : undefined} className={`flex min-w-0 items-center gap-1.5 ${tone}`}>
          <span aria-hidden="true">{icon}</span>
          <span className="min-w-0 break-words">{texts.of(name, texts.state[check.state])}</span>
        </span>
        {deed && (
          <button
            type="button"
            disabled={busy}
            title={paid ? texts.paidWhat : undefined}
            aria-label={texts.deed(label, phone(check.phone), name)}
            onClick={() => {
              setBusy(true)
              onCheck(check, deed.wanted)
                .catch(tellRefusal)
                .finally(() => setBusy(false))
            }}
            className="-mx-1 rounded-control px-1 py-1 text-accent-text hover:bg-hover disabled:opacity-50"
          >
            {label}
          </button>
        )}
      </span>
      {check.state === 'failed' && check.reason && (
        <span className="block pl-[19px] text-ink2">
          {words(check.reason)} {check.remedy && words(check.remedy)}
        </span>
      )}
      {before && <span className="block pl-[19px] text-ink3">{texts.before(texts.state[before.answer], moment(before.at))}</span>}
    </li>
  )
}
