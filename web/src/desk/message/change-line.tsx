import { Clock3 } from 'lucide-react'
import type { Message } from '../../kit/api/types'
import { words } from '../../kit/i18n'
import { deskChannels } from '../../kit/i18n/desk-channels'
import { tellRefusal } from '../../kit/ui/toast'
import { useDesk, useDeskState } from '../context'
import { removeMessage } from './api'

/** A change that is on its way to the service, or that it would not do. */
export function ChangeLine({ message, onEdit }: { message: Message; onEdit: (id: string) => void }) {
  const { desk } = useDesk()
  const me = useDeskState((state) => state.me.employee_id)
  const f = deskChannels().message
  const { change } = message
  if (!change) return null
  const edit = change.what === 'edit'
  if (change.state === 'pending') {
    return (
      <p className="clear-both mt-1 text-second text-ink2">
        <Clock3 size={13} className="mr-1 inline-block align-[-2px]" aria-hidden="true" />
        {edit ? f.editing : f.removing}
        {edit && change.text && <span className="block break-words whitespace-pre-wrap italic">{change.text}</span>}
      </p>
    )
  }
  return (
    <p className="clear-both mt-1 text-second text-red">
      {edit ? f.editRefused : f.removeRefused}
      {change.reason && ` ${words(change.reason)}`}{' '}
      {message.author_id === me && (
        <button
          type="button"
          className="rounded-control px-1.5 font-semibold underline hover:bg-hover"
          onClick={() => (edit ? onEdit(message.message_id) : void removeMessage(desk, message).catch(tellRefusal))}
        >
          {edit ? f.editAgain : f.removeAgain}
        </button>
      )}
    </p>
  )
}
