import { ExternalLink, MessageCircle } from 'lucide-react'
import { useEffect, useState } from 'react'
import { api, ask } from '../kit/api/client'
import type { ChannelDetails, Conversation } from '../kit/api/types'
import { t } from '../kit/i18n'
import { previewOf } from '../kit/preview'
import { boardTexts } from '../kit/i18n/flow/board'
import { Link } from '../kit/link'
import { Button, buttonClass } from '../kit/ui/button'
import { tellRefusal } from '../kit/ui/toast'
import { useFeed } from './feed'

type Known = Pick<ChannelDetails, 'channel_id' | 'kind' | 'name' | 'title' | 'hook_key'>

/** After connecting: a line that waits for the first message, and the message when it comes. */
export function FirstMessage({ channel }: { channel: Known }) {
  const [known, setKnown] = useState<'asking' | 'has' | 'waits'>('asking')
  const [come, setCome] = useState<Conversation | null>(null)
  const id = channel.channel_id
  useEffect(() => {
    ask(api.GET('/api/v1/conversations', { params: { query: { channel_id: id, limit: 1 } } })).then(
      ({ items }) => setKnown(items.length > 0 ? 'has' : 'waits'),
      () => setKnown('has'),
    )
  }, [id])
  useFeed((frame) => {
    const isChat = frame.kind === 'conversation.created' || frame.kind === 'conversation.changed'
    if (isChat && frame.data.conversation.channel_id === id) setCome(frame.data.conversation)
  })
  if (known !== 'waits') return null
  return (
    <section
      aria-live="polite"
      data-first-message
      className={`rounded-card border p-6 ${come ? 'border-accent bg-accent-soft' : 'border-line bg-pane'}`}
    >
      {/* The page of a site's chat has its test page besides. */}
      {come ? <Come conversation={come} /> : <Waiting channel={channel} link={channel.kind !== 'widget'} />}
    </section>
  )
}

/** The message that was waited for, and the way to answer it. */
export function Come({ conversation }: { conversation: Conversation }) {
  return (
    <div className="flex flex-wrap items-center gap-3">
      <div className="min-w-0 flex-1">
        <h2 className="text-heading font-semibold">{t.cabinet.firstCame}</h2>
        <p className="truncate text-ink2">
          {conversation.contact_name || t.chat.guestNo(conversation.number)}: {previewOf(conversation.preview)}
        </p>
      </div>
      <Link href={`/desk/new/${conversation.conversation_id}`} className={buttonClass('main', 'yes')}>
        {t.cabinet.openInDesk}
      </Link>
    </div>
  )
}

/** A chat of a site asks for a request while nobody is on line: said to whoever tries it alone. */
function OffLine() {
  const [off, setOff] = useState(false)
  useEffect(() => {
    ask(api.GET('/api/v1/me')).then(
      ({ employee }) => setOff(employee.presence !== 'online'),
      () => setOff(false),
    )
  }, [])
  if (!off) return null
  const goOn = () =>
    ask(api.PUT('/api/v1/me/presence', { body: { presence: 'online' } })).then(() => setOff(false), tellRefusal)
  return (
    <p className="mt-2 flex flex-wrap items-center gap-3 text-ink2">
      {boardTexts().overview.offLine}
      <Button onClick={goOn}>{t.desk.goOnLine}</Button>
    </p>
  )
}

/** That it waits, and where to write. */
export function Waiting({ channel, link }: { channel: Known; link: boolean }) {
  const f = boardTexts().overview
  const bot = channel.kind === 'telegram_bot' ? channel.title.match(/@(\w+)/)?.[1] : undefined
  const href = channel.kind === 'widget' ? `/widget/${channel.hook_key}/test.html` : bot && `https://t.me/${bot}`
  const hint = channel.kind === 'widget' ? t.cabinet.waitingWidget : bot ? t.cabinet.waitingBot : t.cabinet.waitingOther
  return (
    <div className="flex flex-wrap items-start gap-3">
      <span className="relative mt-0.5 shrink-0 text-accent" aria-hidden="true">
        <MessageCircle size={22} />
        <span className="absolute -top-0.5 -right-0.5 size-2 animate-pulse rounded-full bg-accent" />
      </span>
      <div className="min-w-60 flex-1">
        <h2 className="text-heading leading-6 font-semibold">{t.cabinet.waitingFirst}</h2>
        <p className="text-ink2">
          {hint} {bot && `@${bot}`}
        </p>
        {channel.kind === 'widget' && <OffLine />}
      </div>
      {link && href && (
        <a href={href} target="_blank" rel="noreferrer" className={buttonClass('soft', 'yes')}>
          <ExternalLink size={15} aria-hidden="true" />
          {bot ? f.openBot : t.cabinet.testPage}
        </a>
      )}
    </div>
  )
}
