import { X } from 'lucide-react'
import { t } from '../../kit/i18n'
import { IconButton } from '../../kit/ui/button'
import { useDeskState } from '../context'
import type { Chat } from '../store/state'
import { Crm } from './crm'
import { Fields } from './fields'
import { Head } from './head'
import { History } from './history'
import { ListingCard } from './listing'
import { Merges } from './merges'
import { Part } from './part'
import { Reach } from './reach'
import { Source } from './source'
import { Tags } from './tags'

export function ContactCard({
  chat,
  onClose,
  onOpen,
}: {
  chat: Chat
  onClose: () => void
  onOpen: (id: string) => void
}) {
  const contact = useDeskState((state) => state.contacts.get(chat.contact_id))
  return (
    <>
      <button
        type="button"
        aria-label={t.card.hide}
        tabIndex={-1}
        onClick={onClose}
        className="absolute inset-0 z-10 bg-[rgb(0_0_0/0.35)] min-[1240px]:hidden"
      />
      <aside
        aria-label={t.card.title}
        tabIndex={0}
        className="relative z-20 w-[328px] max-w-full shrink-0 overflow-y-auto border-l border-line bg-pane -outline-offset-2 max-[1239px]:absolute max-[1239px]:inset-y-0 max-[1239px]:right-0 max-[1239px]:shadow-float"
      >
        <IconButton label={t.card.hide} className="absolute top-3 right-3 z-10 min-[1240px]:hidden" onClick={onClose}>
          <X size={18} />
        </IconButton>
        <Head chat={chat} contact={contact} />
        <ListingCard chat={chat} />
        {contact && <Reach contact={contact} />}
        <Crm chat={chat} />
        {contact && <Fields contact={contact} />}
        {contact && (
          <Part title={t.card.contactTags}>
            <Tags what="contact" id={contact.contact_id} on={contact.tags} />
          </Part>
        )}
        <Part title={t.card.chatTags}>
          <Tags what="conversation" id={chat.conversation_id} on={chat.tags ?? []} />
        </Part>
        <Source chat={chat} />
        {contact && <Merges contact={contact} />}
        <History chat={chat} onOpen={onOpen} />
      </aside>
    </>
  )
}
