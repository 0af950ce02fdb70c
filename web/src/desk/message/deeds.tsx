import { Menu as Base } from '@base-ui/react/menu'
import { MoreHorizontal, Pencil, SmilePlus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { Capabilities, Message } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { deskChannels } from '../../kit/i18n/desk-channels'
import { useNow } from '../../kit/now'
import { Button } from '../../kit/ui/button'
import { Dialog } from '../../kit/ui/dialog'
import { Menu, MenuItem } from '../../kit/ui/menu'
import { tellRefusal } from '../../kit/ui/toast'
import { useDesk, useDeskState } from '../context'
import { react, removeMessage } from './api'
import { asEmoji, mayChange, mayEdit, mayReact } from './changing'

const round = 'grid size-7 place-items-center rounded-full text-ink3 hover:bg-hover hover:text-ink'

/** Beside a message: an emoji for it, and, of one's own, changing and taking it back while the channel lets. */
export function Deeds({
  message,
  can,
  onEdit,
}: {
  message: Message
  can: Capabilities
  onEdit: (id: string) => void
}) {
  const { desk } = useDesk()
  const me = useDeskState((state) => state.me.employee_id)
  const now = useNow()
  const [asking, setAsking] = useState(false)
  const f = deskChannels().message
  const edit = mayEdit(message, me, can, now)
  const remove = mayChange(message, me, can.remove_within, now)
  return (
    <>
      {mayReact(message, can) && <Picker message={message} emoji={can.reactions ?? []} />}
      {(edit || remove) && (
        <Menu
          align="end"
          trigger={
            <button type="button" data-message-more aria-label={f.more} title={f.more} className={round}>
              <MoreHorizontal size={16} />
            </button>
          }
        >
          {edit && (
            <MenuItem icon={<Pencil size={15} />} onClick={() => onEdit(message.message_id)}>
              {f.edit}
            </MenuItem>
          )}
          {remove && (
            <MenuItem icon={<Trash2 size={15} />} tone="danger" onClick={() => setAsking(true)}>
              {f.remove}
            </MenuItem>
          )}
        </Menu>
      )}
      {asking && (
        <Dialog title={f.removeTitle} onClose={() => setAsking(false)}>
          <p className="mb-4 text-ink2">{f.removeText}</p>
          <div className="flex justify-end gap-2">
            <Button onClick={() => setAsking(false)}>{t.cancel}</Button>
            <Button
              look="danger"
              onClick={() => {
                setAsking(false)
                removeMessage(desk, message).catch(tellRefusal)
              }}
            >
              {f.remove}
            </Button>
          </div>
        </Dialog>
      )}
    </>
  )
}

function Picker({ message, emoji }: { message: Message; emoji: readonly string[] }) {
  const { desk } = useDesk()
  const f = deskChannels().message
  const ours = message.reactions?.find((one) => one.side === 'our_side')?.emoji
  return (
    <Base.Root modal={false} orientation="horizontal">
      <Base.Trigger
        render={
          <button type="button" data-react aria-label={f.react} title={f.react} className={round}>
            <SmilePlus size={16} />
          </button>
        }
      />
      <Base.Portal>
        <Base.Positioner side="top" sideOffset={6} className="z-50 outline-none">
          <Base.Popup
            aria-label={f.react}
            className="float-in flex max-h-44 max-w-[268px] flex-wrap overflow-y-auto rounded-card border border-line bg-pane p-1 shadow-float outline-none"
          >
            {emoji.map((one) => (
              <Base.Item
                key={one}
                onClick={() => void react(desk, message, one === ours ? null : one).catch(tellRefusal)}
                className={`grid size-9 place-items-center rounded-control text-[20px] leading-none outline-none select-none data-highlighted:bg-hover ${one === ours ? 'bg-accent-soft' : ''}`}
              >
                {asEmoji(one)}
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
