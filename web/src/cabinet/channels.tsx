import { api, ask } from '../kit/api/client'
import type { ChannelKind } from '../kit/api/types'
import { t, words } from '../kit/i18n'
import { moment } from '../kit/i18n/format'
import { Link } from '../kit/link'
import { ChannelBadge } from '../kit/ui/channel-badge'
import { useFeed } from './feed'
import { readKinds } from './kinds'
import { Faulty, PageHead, useLoaded } from './load'
import { StateChip } from './state-chip'

export function Channels() {
  const { data, fault, again } = useLoaded(async () => {
    const [kinds, channels] = await Promise.all([readKinds(), ask(api.GET('/api/v1/channels'))])
    return { kinds, channels: channels.items }
  })
  useFeed((frame) => {
    if (frame.kind === 'channel.changed' || frame.kind === 'resync') again()
  })
  if (fault && !data) return <Faulty fault={fault} again={again} />
  if (!data) return null
  const { kinds, channels } = data
  return (
    <>
      <PageHead title={t.cabinet.channels} hint={t.cabinet.channelsHint} />
      {channels.length > 0 && (
        <ul className="mb-8 overflow-hidden rounded-card border border-line bg-pane">
          {channels.map((channel) => (
            <li key={channel.channel_id} className="border-b border-line last:border-0">
              <Link
                href={`/cabinet/channels/${channel.channel_id}`}
                className="flex items-center gap-3 px-4 py-3 -outline-offset-2 hover:bg-hover"
              >
                <ChannelBadge kind={channel.kind} size="size-9" />
                <span className="min-w-0 flex-1">
                  <span className="block truncate font-medium">{channel.name}</span>
                  <span className="block truncate text-second text-ink3">
                    {[kindTitle(kinds, channel.kind), channel.title !== channel.name && channel.title]
                      .filter(Boolean)
                      .join(' · ')}
                  </span>
                </span>
                <span className="num text-second text-ink3 max-[759px]:hidden">{moment(channel.state_at)}</span>
                <StateChip state={channel.state} />
              </Link>
            </li>
          ))}
        </ul>
      )}
      <h2 className="mb-3 text-heading font-semibold">{t.cabinet.catalogue}</h2>
      <Catalogue kinds={kinds} />
    </>
  )
}

export const kindTitle = (kinds: ChannelKind[], kind: string) => {
  const found = kinds.find((one) => one.kind === kind)
  return found ? words(found.title) : kind
}

/** First what is connected in two minutes. */
const FIRST = ['widget', 'telegram_bot']

export function Catalogue({ kinds }: { kinds: ChannelKind[] }) {
  const rank = (kind: string) => (FIRST.includes(kind) ? FIRST.indexOf(kind) : FIRST.length)
  const sorted = [...kinds].sort((a, b) => rank(a.kind) - rank(b.kind))
  return (
    <ul className="grid grid-cols-[repeat(auto-fill,minmax(260px,1fr))] gap-3">
      {sorted.map((kind) => (
        <li key={kind.kind}>
          <Link
            href={`/cabinet/channels/new/${kind.kind}`}
            className="flex h-full items-start gap-3 rounded-card border border-line bg-pane p-4 hover:border-edge hover:bg-hover"
          >
            <ChannelBadge kind={kind.kind} size="size-9" />
            <span className="min-w-0">
              <span className="block font-semibold">{words(kind.title)}</span>
              <span className="mt-0.5 line-clamp-2 text-second text-ink2">{words(kind.form.intro)}</span>
            </span>
          </Link>
        </li>
      ))}
    </ul>
  )
}
