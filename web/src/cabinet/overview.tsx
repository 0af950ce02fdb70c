import { CircleCheck, Circle } from 'lucide-react'
import { api, ask } from '../kit/api/client'
import type { Me } from '../kit/api/types'
import { t } from '../kit/i18n'
import { number } from '../kit/i18n/format'
import { Link } from '../kit/link'
import { has } from '../kit/session'
import { ChannelBadge } from '../kit/ui/channel-badge'
import { useFeed } from './feed'
import { Faulty, PageHead, useLoaded } from './load'
import { StateChip } from './state-chip'

/** The first steps while there are any, and how things stand now. */
export function Overview({ me }: { me: Me }) {
  const reads = has(me, 'read_conversations')
  const { data, fault, again } = useLoaded(async () => {
    if (!reads) return null
    const [counts, channels, people, chats] = await Promise.all([
      ask(api.GET('/api/v1/conversations/counts')),
      ask(api.GET('/api/v1/channels')),
      ask(api.GET('/api/v1/employees', { params: { query: { limit: 100 } } })),
      ask(api.GET('/api/v1/conversations', { params: { query: { limit: 1 } } })),
    ])
    return { counts, channels: channels.items, people: people.items, chats: chats.items }
  })
  useFeed((frame) => {
    if (frame.kind !== 'message.changed' && frame.kind !== 'contact.changed') again()
  })
  if (fault && !data) return <Faulty fault={fault} again={again} />
  if (!data) return <PageHead title={t.cabinet.overview} />
  const { counts, channels, people, chats } = data
  const online = people.filter((one) => one.presence === 'online' && !one.disabled).length
  const steps: [boolean, string, string, string][] = [
    [channels.length > 0, t.cabinet.stepChannel, t.cabinet.stepChannelHint, '/cabinet/channels/new'],
    [
      chats.some((chat) => chat.first_answer_at) || counts.in_work > 0,
      t.cabinet.stepAnswer,
      t.cabinet.stepAnswerHint,
      '/desk',
    ],
    [people.length > 1, t.cabinet.stepInvite, t.cabinet.stepInviteHint, '/cabinet/people'],
  ]
  const show = (n: number) => (n >= counts.bound ? `${number(counts.bound - 1)}+` : number(n))
  return (
    <>
      <PageHead title={t.cabinet.overview} />
      {has(me, 'manage_channels') && steps.some(([done]) => !done) && (
        <section className="mb-6 rounded-card border border-line bg-pane p-6">
          <h2 className="mb-1 text-heading font-semibold">{t.cabinet.firstSteps}</h2>
          <ol>
            {steps.map(([done, title, hint, href]) => (
              <li key={href} className="border-b border-line last:border-0">
                <Link href={href} className="flex items-start gap-3 rounded-control py-3 hover:text-accent-text">
                  {done ? (
                    <CircleCheck size={22} className="shrink-0 text-green" aria-label={t.cabinet.done} />
                  ) : (
                    <Circle size={22} className="shrink-0 text-ink3" aria-hidden="true" />
                  )}
                  <span>
                    <span className={`block font-medium ${done ? 'text-ink2' : ''}`}>{title}</span>
                    <span className="block text-second text-ink3">{hint}</span>
                  </span>
                </Link>
              </li>
            ))}
          </ol>
        </section>
      )}
      <dl className="mb-6 grid grid-cols-[repeat(auto-fit,minmax(180px,1fr))] gap-3">
        {[
          [t.cabinet.nowNew, show(counts.new)],
          [t.cabinet.nowInWork, show(counts.in_work)],
          [t.cabinet.nowWaiting, show(counts.waiting)],
          [t.cabinet.nowOnline, `${number(online)} / ${number(people.filter((one) => !one.disabled).length)}`],
        ].map(([label, value]) => (
          <div key={label} className="flex flex-col-reverse rounded-card border border-line bg-pane p-4">
            <dt className="text-second text-ink2">{label}</dt>
            <dd className="num text-[26px] leading-9 font-semibold tracking-[-0.02em]">{value}</dd>
          </div>
        ))}
      </dl>
      {channels.length > 0 && (
        <section>
          <h2 className="mb-3 text-heading font-semibold">{t.cabinet.channels}</h2>
          <ul className="grid grid-cols-[repeat(auto-fill,minmax(280px,1fr))] gap-3">
            {channels.map((channel) => (
              <li
                key={channel.channel_id}
                className="flex items-center gap-3 rounded-card border border-line bg-pane p-4"
              >
                <ChannelBadge kind={channel.kind} size="size-8" />
                <span className="min-w-0 flex-1 truncate font-medium">{channel.name}</span>
                <StateChip state={channel.state} />
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  )
}
