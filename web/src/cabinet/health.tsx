import { CircleCheck, TriangleAlert } from 'lucide-react'
import type { Channel } from '../kit/api/types'
import { words } from '../kit/i18n'
import { boardTexts } from '../kit/i18n/flow/board'
import { Link } from '../kit/link'
import { ChannelBadge, signOf } from '../kit/ui/channel-badge'
import { StateChip } from './state-chip'

const rank = (channel: Channel) =>
  ['connected', 'disabled', 'connecting'].includes(channel.state) ? (channel.state === 'connecting' ? 1 : 2) : 0

/** Whether the channels work; those that do not come first, with the reason. */
export function Health({ channels, may }: { channels: Channel[]; may: boolean }) {
  const f = boardTexts().overview
  const sorted = [...channels].sort((a, b) => rank(a) - rank(b))
  const troubled = channels.filter((channel) => rank(channel) === 0).length
  return (
    <section className="mt-6">
      <header className="mb-3 flex flex-wrap items-baseline gap-x-3">
        <h2 className="text-heading font-semibold">{f.health}</h2>
        <p className={`inline-flex items-center gap-1.5 text-second ${troubled ? 'text-red' : 'text-green'}`}>
          {troubled ? (
            <TriangleAlert size={15} className="self-center" aria-hidden="true" />
          ) : (
            <CircleCheck size={15} className="self-center" aria-hidden="true" />
          )}
          {troubled ? f.troubled(troubled) : f.healthy}
        </p>
      </header>
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(280px,1fr))] gap-3">
        {sorted.map((channel) => {
          const body = (
            <>
              <ChannelBadge kind={signOf(channel)} size="size-8" />
              <span className="min-w-0 flex-1">
                <span className="block truncate font-medium">{channel.name}</span>
                {rank(channel) === 0 && channel.reason && (
                  <span className="line-clamp-2 text-caption text-ink2">{words(channel.reason)}</span>
                )}
              </span>
              <StateChip state={channel.state} />
            </>
          )
          const look = 'flex h-full items-center gap-3 rounded-card border border-line bg-pane p-4'
          return (
            <li key={channel.channel_id}>
              {may ? (
                <Link href={`/cabinet/channels/${channel.channel_id}`} className={`${look} hover:bg-hover`}>
                  {body}
                </Link>
              ) : (
                <div className={look}>{body}</div>
              )}
            </li>
          )
        })}
      </ul>
    </section>
  )
}
