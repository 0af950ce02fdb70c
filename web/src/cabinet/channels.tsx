import { api, ask } from '../kit/api/client'
import type { ChannelKind } from '../kit/api/types'
import { t, words } from '../kit/i18n'
import { s } from '../kit/i18n/cabinet-settings'
import { moment } from '../kit/i18n/format'
import { Link } from '../kit/link'
import { ChannelBadge, signOf } from '../kit/ui/channel-badge'
import { useFeed } from './feed'
import { ConsentCame } from './channel/came-back'
import { consentAsked } from './channel/consent'
import { readKinds, readScenarios } from './kinds'
import { Faulty, PageHead, useLoaded } from './load'
import { Table } from './parts/bits'
import { nameOf, readEmployees } from './parts/directory'
import { StateChip } from './state-chip'

export function Channels() {
  const { data, fault, again } = useLoaded(async () => {
    const [kinds, channels, people, scenarios] = await Promise.all([
      readKinds(),
      ask(api.GET('/api/v1/channel-details')),
      readEmployees(),
      readScenarios(),
    ])
    return { kinds, channels: channels.items, people, scenarios }
  })
  useFeed((frame) => {
    if (frame.kind === 'channel.changed' || frame.kind === 'resync') again()
  })
  if (fault && !data) return <Faulty fault={fault} again={again} />
  if (!data) return null
  const { kinds, channels, people, scenarios } = data
  const texts = s().channels
  return (
    <>
      <PageHead title={t.cabinet.channels} hint={t.cabinet.channelsHint} />
      <ConsentCame />
      {channels.length === 0 ? (
        <p className="mb-6 text-ink2">{texts.emptyCatalogueHint}</p>
      ) : (
        <div className="mb-8">
          <Table label={t.cabinet.channels} heads={[texts.channel, texts.scenarioColumn, texts.employeeColumn, texts.state]}>
            {channels.map((channel) => (
              <tr key={channel.channel_id} className="relative hover:bg-hover">
                <td className="min-w-60">
                  <div className="flex items-center gap-3">
                    <ChannelBadge kind={signOf(channel)} size="size-9" />
                    <div className="min-w-0">
                      <Link
                        href={`/cabinet/channels/${channel.channel_id}`}
                        className="font-medium after:absolute after:inset-0 hover:text-accent-text"
                      >
                        {channel.name}
                      </Link>
                      <div className="text-second text-ink3">
                        {[kindTitle(kinds, channel.kind), channel.title !== channel.name && channel.title]
                          .filter(Boolean)
                          .join(' · ')}
                      </div>
                    </div>
                  </div>
                </td>
                <td className="text-second text-ink2">
                  {scenarios.find((one) => one.id === channel.scenario_id)?.name ?? '—'}
                </td>
                <td className="text-second text-ink2">{nameOf(people, channel.pinned_employee_id) || '—'}</td>
                <td>
                  <StateChip state={channel.state} asked={consentAsked(channel) === 'first'} />
                  <div className="num mt-0.5 text-caption text-ink3">{texts.since(moment(channel.state_at))}</div>
                  {channel.reason && channel.state !== 'connected' && (
                    <div className="mt-0.5 max-w-64 text-caption text-ink2">{words(channel.reason)}</div>
                  )}
                </td>
              </tr>
            ))}
          </Table>
        </div>
      )}
      <h2 className="mb-3 text-heading font-semibold">{t.cabinet.catalogue}</h2>
      <Catalogue kinds={kinds} />
    </>
  )
}

const kindTitle = (kinds: ChannelKind[], kind: string) => {
  const found = kinds.find((one) => one.kind === kind)
  return found ? words(found.title) : kind
}

/** First what is connected in two minutes; last what is there to try. */
const FIRST = ['widget', 'telegram_bot']
const LAST = 'demo'

export function Catalogue({ kinds }: { kinds: ChannelKind[] }) {
  const rank = (kind: string) => (FIRST.includes(kind) ? FIRST.indexOf(kind) : FIRST.length + (kind === LAST ? 1 : 0))
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
