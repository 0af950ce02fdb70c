import { CircleAlert, Clock3 } from 'lucide-react'
import type { Message } from '../../kit/api/types'
import { words } from '../../kit/i18n'
import { deskChannels } from '../../kit/i18n/desk-channels'
import { tellRefusal } from '../../kit/ui/toast'
import { useDesk, useDeskState } from '../context'
import { react } from './api'
import { asEmoji } from './changing'

const chip = 'num inline-flex h-6 items-center gap-1 rounded-full border px-2 text-second'

/** The emoji on a message, of each side one; ours is taken away by a press. */
export function Reactions({ message, works }: { message: Message; works: boolean }) {
  const { desk } = useDesk()
  const employees = useDeskState((state) => state.employees)
  const f = deskChannels().message
  const reactions = message.reactions ?? []
  return (
    <ul className="clear-both flex flex-wrap gap-1 pt-1.5" aria-label={f.reactions}>
      {reactions.map((one) => {
        if (one.side === 'customer') {
          return (
            <li key="customer" title={f.fromCustomer} className={`${chip} border-transparent bg-raised`}>
              <span className="sr-only">{f.fromCustomer} </span>
              {asEmoji(one.emoji)}
            </li>
          )
        }
        const who = (one.employee_id && employees.get(one.employee_id)?.name) || f.us
        const state = one.state ? f.reaction[one.state] : ''
        const told = [f.from(who), state, one.reason ? words(one.reason) : ''].filter(Boolean).join('. ')
        const way = one.state === 'adding' || one.state === 'removing'
        return (
          <li key="ours">
            <button
              type="button"
              disabled={!works || way}
              title={works && !way ? `${told}. ${f.takeAway}` : told}
              aria-label={`${told}: ${one.emoji}. ${f.takeAway}`}
              onClick={() => void react(desk, message, null).catch(tellRefusal)}
              className={`${chip} ${one.state === 'refused' ? 'border-red' : 'border-accent bg-accent-soft'} ${way ? 'opacity-60' : ''}`}
            >
              {asEmoji(one.emoji)}
              {way && <Clock3 size={12} aria-hidden="true" />}
              {one.state === 'refused' && <CircleAlert size={13} className="text-red" aria-hidden="true" />}
            </button>
          </li>
        )
      })}
    </ul>
  )
}
