import { MessageSquareQuote, Plus } from 'lucide-react'
import { useState } from 'react'
import { s } from '../../kit/i18n/cabinet-settings'
import { number } from '../../kit/i18n/format'
import { Link } from '../../kit/link'
import { buttonClass } from '../../kit/ui/button'
import { inputClass } from '../../kit/ui/field'
import { Faulty, PageHead, useLoaded } from '../load'
import { card, Chip, Empty } from '../parts/bits'
import { readGroups, useDirectory } from '../parts/directory'
import type { PageProps } from '../sections'
import { type CannedReply, readReplies, sections } from './canned'
import { ReplyPage } from './reply-page'

/** Canned replies: operators put them in by `/` and the shortcut. */
export function RepliesSection({ me, id }: PageProps) {
  const { data, fault, again } = useLoaded(async () => {
    const [replies, groups] = await Promise.all([readReplies(), readGroups()])
    return { replies, groups }
  })
  useDirectory('canned_replies', again)
  if (fault && !data) return <Faulty fault={fault} again={again} />
  if (!data) return null
  const { replies, groups } = data
  const reply = replies.find((one) => one.canned_reply_id === id)
  if (reply || id === 'new') {
    return <ReplyPage key={id} me={me} reply={reply ?? null} replies={replies} groups={groups} again={again} />
  }
  const groupName = (reply: CannedReply) => groups.find((one) => one.group_id === reply.group_id)?.name
  return <List replies={replies} groupName={groupName} />
}

function List({ replies, groupName }: { replies: CannedReply[]; groupName: (reply: CannedReply) => string | undefined }) {
  const [query, setQuery] = useState('')
  const texts = s().replies
  const shown = sections(replies, query)
  const add = (
    <Link href="/cabinet/replies/new" className={buttonClass('main')}>
      <Plus size={16} aria-hidden="true" />
      {texts.add}
    </Link>
  )
  if (replies.length === 0) {
    return (
      <>
        <PageHead title={texts.title} hint={texts.hint} />
        <Empty icon={<MessageSquareQuote size={22} />} title={texts.none} hint={texts.noneHint}>
          {add}
        </Empty>
      </>
    )
  }
  return (
    <>
      <PageHead title={texts.title} hint={texts.hint}>
        {add}
      </PageHead>
      <input
        type="search"
        aria-label={texts.find}
        placeholder={texts.find}
        value={query}
        onChange={(event) => setQuery(event.target.value)}
        className={`${inputClass} mb-4 h-10 max-w-96`}
      />
      {shown.length === 0 && <p className="py-8 text-center text-ink2">{s().nothingFound(query)}</p>}
      {shown.map(([section, list]) => (
        <section key={section} className="mb-5">
          <h2 className="mb-2 text-second font-semibold text-ink2">{section || texts.noSection}</h2>
          <ul className={`${card} overflow-hidden`}>
            {list.map((reply) => (
              <li key={reply.canned_reply_id} className="border-b border-line last:border-0">
                <Link
                  href={`/cabinet/replies/${reply.canned_reply_id}`}
                  className="flex items-center gap-4 px-4 py-3 -outline-offset-2 hover:bg-hover"
                >
                  <span className="min-w-0 flex-1">
                    <span className="flex items-center gap-2">
                      <span className="truncate font-medium">{reply.title}</span>
                      {reply.shortcut && <span className="kbd">/{reply.shortcut}</span>}
                    </span>
                    <span className="line-clamp-1 text-second text-ink2">{reply.text}</span>
                  </span>
                  {reply.group_id && (
                    <span className="max-[759px]:hidden">
                      <Chip>{groupName(reply) ?? texts.oneGroup}</Chip>
                    </span>
                  )}
                  <span className="num text-second whitespace-nowrap text-ink3">{texts.used(reply.used_count, number(reply.used_count))}</span>
                </Link>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </>
  )
}
