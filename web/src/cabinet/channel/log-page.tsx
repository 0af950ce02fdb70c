import { ScrollText } from 'lucide-react'
import { api, ask } from '../../kit/api/client'
import type { ChannelDetails } from '../../kit/api/types'
import { words } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { moment } from '../../kit/i18n/format'
import { Link } from '../../kit/link'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { useFeed } from '../feed'
import { Faulty, useLoaded } from '../load'
import { card, Chip, Empty, More } from '../parts/bits'
import { usePages } from '../parts/pages'
import { Payload, PayloadButton, usePayload } from '../parts/payload'
import { Quarantined, QuarantineBox } from '../parts/quarantine'
import { type LogLine, readLog, readQuarantined, readRaw } from './log'

/** The last events of a channel with what the service sent, and what was put aside. */
export function LogPage({ channel }: { channel: ChannelDetails }) {
  const id = channel.channel_id
  const texts = s().channels
  const { items, next, more, again, fault, busy } = usePages((cursor) => readLog(id, cursor))
  useFeed((frame) => {
    if (frame.kind === 'resync') again()
    if (frame.kind === 'channel.changed' && frame.data.channel.channel_id === id) again()
  })
  if (fault && !items) return <Faulty fault={fault} again={again} />
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-6">
      <Quarantine channel={id} onResolved={again} />
      {items?.length === 0 ? (
        <Empty icon={<ScrollText size={22} />} title={texts.noLog} hint={texts.noLogHint} />
      ) : (
        items && (
          <section>
            <p className="mb-3 text-ink2">{texts.logHint}</p>
            <ul className={`${card} overflow-hidden`}>
              {items.map((line, index) => (
                <Line key={`${line.at}${line.message_id ?? line.quarantine_id ?? index}`} line={line} />
              ))}
            </ul>
            <More next={next} busy={busy} more={more} />
          </section>
        )
      )}
    </div>
  )
}

const tones = {
  message_in: 'plain',
  message_out: 'plain',
  refused: 'bad',
  quarantined: 'warn',
  state: 'good',
  setting: 'plain',
} as const

function Line({ line }: { line: LogLine }) {
  const texts = s().channels
  const payload = usePayload(() => readRaw(line))
  return (
    <li className="border-b border-line px-4 py-3 last:border-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="num w-36 shrink-0 text-second text-ink3">{moment(line.at)}</span>
        <span className="w-24 shrink-0">
          <Chip tone={tones[line.what] ?? 'plain'}>{texts.what[line.what] ?? line.what}</Chip>
        </span>
        <span className="min-w-40 flex-1 break-words">{words(line.text)}</span>
        {line.has_raw && <PayloadButton payload={payload} />}
        {line.conversation_id && (
          <Link href={`/desk/in_work/${line.conversation_id}`} className="rounded-control text-second font-medium text-accent-text hover:underline">
            {texts.openChat}
          </Link>
        )}
      </div>
      <Payload payload={payload} />
    </li>
  )
}

function Quarantine({ channel, onResolved }: { channel: string; onResolved: () => void }) {
  const texts = s().channels
  const { data, again } = useLoaded(async () => (await ask(api.GET('/api/v1/quarantine'))).items)
  useFeed((frame) => {
    if (frame.kind === 'quarantine.added' || frame.kind === 'resync') again()
  })
  const items = data?.filter((one) => one.channel_id === channel) ?? []
  if (items.length === 0) return null
  const resolve = (quarantine_id: string) =>
    void ask(api.POST('/api/v1/quarantine/{quarantine_id}/resolve', { params: { path: { quarantine_id } } })).then(() => {
      toast(texts.resolved)
      again()
      onResolved()
    }, tellRefusal)
  return (
    <QuarantineBox title={texts.quarantine} hint={texts.quarantineHint}>
      {items.map((one) => (
        <Quarantined
          key={one.quarantine_id}
          one={one}
          read={() => readQuarantined(one.quarantine_id)}
          resolve={() => resolve(one.quarantine_id)}
        />
      ))}
    </QuarantineBox>
  )
}
