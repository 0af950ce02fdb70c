import { t } from '../../kit/i18n'
import { moment } from '../../kit/i18n/format'
import { useDeskState } from '../context'
import type { Chat } from '../store/state'
import { Part } from './part'

const UTM = ['source', 'medium', 'campaign', 'term', 'content']

/** Where this conversation came from. */
export function Source({ chat }: { chat: Chat }) {
  const channel = useDeskState((state) => state.channels.get(chat.channel_id)?.name)
  const { site, page, page_title, campaign, source, referrer, utm, start_payload } = chat.attribution
  const marks = Object.entries(utm ?? {}).sort(([a], [b]) => UTM.indexOf(a) - UTM.indexOf(b))
  const rows: [string, string | null | undefined, string?][] = [
    [t.talk.card.openedFrom, channel],
    [t.card.site, site],
    [t.card.page, page_title || page, page ?? undefined],
    [t.card.campaign, campaign],
    [t.card.source, source],
    [t.card.referrer, referrer, referrer ?? undefined],
    [t.card.start, start_payload],
    ...marks.map(([key, value]): [string, string] => [`utm_${key}`, String(value)]),
    [t.talk.card.opened, `${moment(chat.opened_at)} · ${t.chat.number(chat.number)}`],
  ]
  return (
    <Part title={t.card.sourceTitle}>
      <dl className="grid grid-cols-[minmax(84px,max-content)_1fr] gap-x-3 gap-y-1 text-second">
        {rows
          .filter(([, value]) => value)
          .map(([name, value, address]) => (
            <div key={name} className="contents">
              <dt className="text-ink3">{name}</dt>
              <dd className="min-w-0 break-words">
                {address && /^https?:\/\//i.test(address) ? (
                  <a
                    href={address}
                    target="_blank"
                    rel="noreferrer noopener"
                    title={address}
                    className="text-accent-text underline"
                  >
                    {value}
                  </a>
                ) : (
                  value
                )}
              </dd>
            </div>
          ))}
      </dl>
    </Part>
  )
}
