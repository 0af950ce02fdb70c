import { MessageCircle } from 'lucide-react'
import { useEffect, useState } from 'react'
import { api, ask } from '../kit/api/client'
import type { ChannelDetails, Conversation } from '../kit/api/types'
import { t } from '../kit/i18n'
import { Link } from '../kit/link'
import { buttonClass } from '../kit/ui/button'
import { useFeed } from './feed'

/** After connecting: a line that waits for the first message, and the message when it comes. */
export function FirstMessage({ channel }: { channel: ChannelDetails }) {
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
  const bot = channel.kind === 'telegram_bot' ? channel.title.match(/@(\w+)/)?.[1] : undefined
  return (
    <section
      aria-live="polite"
      className={`max-w-[640px] rounded-card border p-6 ${come ? 'border-accent bg-accent-soft' : 'border-line bg-pane'}`}
    >
      {come ? (
        <div className="flex flex-wrap items-center gap-3">
          <div className="min-w-0 flex-1">
            <h2 className="text-heading font-semibold">{t.cabinet.firstCame}</h2>
            <p className="truncate text-ink2">
              {come.contact_name || t.chat.guestNo(come.number)}: {come.preview}
            </p>
          </div>
          <Link href={`/desk/new/${come.conversation_id}`} className={buttonClass('main', 'yes')}>
            {t.cabinet.openInDesk}
          </Link>
        </div>
      ) : (
        <div className="flex items-start gap-3">
          <MessageCircle size={22} className="mt-0.5 shrink-0 text-accent" aria-hidden="true" />
          <div>
            <h2 className="text-heading leading-6 font-semibold">{t.cabinet.waitingFirst}</h2>
            <p className="text-ink2">
              {channel.kind === 'widget' ? t.cabinet.waitingWidget : bot ? t.cabinet.waitingBot : t.cabinet.waitingOther}
              {bot && (
                <>
                  {' '}
                  <a
                    href={`https://t.me/${bot}`}
                    target="_blank"
                    rel="noreferrer"
                    className="text-accent-text underline"
                  >
                    @{bot}
                  </a>
                </>
              )}
            </p>
          </div>
        </div>
      )}
    </section>
  )
}
