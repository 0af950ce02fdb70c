import { ChevronDown } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import type { Channel } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { phone } from '../../kit/i18n/format'
import { go } from '../../kit/route'
import { ChannelBadge, signOf } from '../../kit/ui/channel-badge'
import { Menu, MenuGroup, MenuItem } from '../../kit/ui/menu'
import { useDeskState } from '../context'
import { deskPath } from '../path'
import type { Chat } from '../store/state'
import { otherWays, type Way } from './account'

const WriteFirst = lazy(async () => ({ default: (await import('../write-first')).WriteFirst }))

/** From which channel the answer goes, and by which others the customer may be written to. */
export function Account({ chat, channel }: { chat: Chat; channel: Channel }) {
  const contact = useDeskState((state) => state.contacts.get(chat.contact_id))
  const channels = useDeskState((state) => state.channels)
  const kinds = useDeskState((state) => state.kinds)
  const [way, setWay] = useState<Way | null>(null)
  const identity = contact?.identities.find((one) => one.identity_id === chat.identity_id)
  const handle = identity?.username ? `@${identity.username.replace(/^@/, '')}` : ''
  const others = contact ? otherWays(contact, channels.values(), kinds, chat.channel_id) : []
  return (
    <>
      <Menu
        align="end"
        side="top"
        trigger={
          <button
            type="button"
            aria-label={`${t.talk.account.from}: ${channel.name}`}
            className="ml-auto flex h-7 min-w-0 items-center gap-1.5 rounded-control px-2 text-second text-ink2 hover:bg-hover"
          >
            <ChannelBadge kind={signOf(channel)} />
            <span className="truncate">{channel.name}</span>
            {identity && !identity.reachable && <span className="truncate text-red">{t.talk.account.unreachable}</span>}
            <ChevronDown size={14} className="shrink-0" aria-hidden="true" />
          </button>
        }
      >
        <MenuGroup label={t.talk.account.now}>
          <MenuItem checked icon={<ChannelBadge kind={signOf(channel)} />} onClick={() => {}}>
            {[channel.name, handle].filter(Boolean).join(' · ')}
          </MenuItem>
        </MenuGroup>
        <MenuGroup label={t.talk.account.other}>
          {others.map((one) => (
            <MenuItem
              key={one.channel.channel_id}
              icon={<ChannelBadge kind={signOf(one.channel)} />}
              onClick={() => setWay(one)}
            >
              {one.channel.name} · <span className="num">{phone(one.to)}</span>
            </MenuItem>
          ))}
          <p className="max-w-64 px-2 pt-1 pb-2 text-caption text-ink3">
            {others.length > 0 ? t.talk.account.hint : t.talk.account.none}
          </p>
        </MenuGroup>
      </Menu>
      {way && (
        <Suspense>
          <WriteFirst
            start={{ channel: way.channel.channel_id, to: way.to, name: contact?.name ?? '' }}
            onClose={() => setWay(null)}
            onDone={(id) => {
              setWay(null)
              go(deskPath({ tab: 'in_work', open: id }))
            }}
          />
        </Suspense>
      )}
    </>
  )
}
