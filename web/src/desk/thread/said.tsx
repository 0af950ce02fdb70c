import { CircleAlert, MapPin, Phone, UserRound } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import type { Content, Message } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { phone } from '../../kit/i18n/format'
import { has } from '../../kit/session'
import { useDesk } from '../context'
import { File } from './file'
import { Text } from './text'

const Letter = lazy(async () => ({ default: (await import('./letter-view')).Letter }))
const Raw = lazy(() => import('./raw'))

export function isSaid(body: Message['body']): body is Content {
  return 'type' in body
}

/** What a message says, of whatever kind. */
export function Said({
  content,
  message_id,
  named,
}: {
  content: Content
  message_id: string
  named?: readonly { employee_id: string; name: string }[] | undefined
}) {
  switch (content.type) {
    case 'text':
      return <Text text={content.text} spans={content.spans} named={named} />
    case 'files':
      return (
        <div className="space-y-2">
          {content.files.map((file) => (
            <File key={file.attachment_id} file={file} />
          ))}
          {content.caption && (
            <div>
              <Text text={content.caption} />
            </div>
          )}
        </div>
      )
    case 'letter':
      return (
        <Suspense fallback={<Text text={content.text} />}>
          <Letter letter={content} />
        </Suspense>
      )
    case 'location':
      return (
        <a
          title={t.talk.thread.openMap}
          className="flex items-center gap-2 text-accent-text underline"
          target="_blank"
          rel="noreferrer noopener"
          href={`https://www.openstreetmap.org/?mlat=${content.latitude}&mlon=${content.longitude}#map=16/${content.latitude}/${content.longitude}`}
        >
          <MapPin size={17} className="shrink-0" aria-hidden="true" />
          <span>
            {content.title || t.chat.location}
            <span className="num block text-caption text-ink2">
              {content.latitude.toFixed(5)}, {content.longitude.toFixed(5)}
            </span>
          </span>
        </a>
      )
    case 'contact':
      return (
        <span className="flex items-center gap-3">
          <span className="grid size-9 shrink-0 place-items-center rounded-full bg-accent-soft text-accent-text">
            <UserRound size={18} aria-hidden="true" />
          </span>
          <span>
            <span className="font-medium">{content.name}</span>
            {content.phone && (
              <a
                href={`tel:${content.phone}`}
                aria-label={t.talk.thread.call(phone(content.phone))}
                className="num flex items-center gap-1 text-second text-accent-text underline"
              >
                <Phone size={13} aria-hidden="true" />
                {phone(content.phone)}
              </a>
            )}
          </span>
        </span>
      )
    case 'form':
      return (
        <div>
          <div className="mb-1 font-semibold">{content.title}</div>
          <dl className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-0.5 text-second">
            {content.fields.map((field) => (
              <div key={field.key} className="contents">
                <dt className="text-ink2">{field.label}</dt>
                <dd className="break-words">{field.value}</dd>
              </div>
            ))}
          </dl>
        </div>
      )
    case 'unsupported':
      return (
        <span className="flex items-start gap-2 text-ink2">
          <CircleAlert size={17} className="mt-px shrink-0" aria-hidden="true" />
          <span>
            {t.chat.unsupported(content.label)}
            {content.text && <Text text={`\n${content.text}`} />}
            <RawLink message_id={message_id} />
          </span>
        </span>
      )
  }
}

/** What the service really sent, for those who look after channels. */
function RawLink({ message_id }: { message_id: string }) {
  const { me } = useDesk()
  const [open, setOpen] = useState(false)
  if (!has(me, 'manage_channels')) return null
  return (
    <>
      {' '}
      <button type="button" className="text-accent-text underline" onClick={() => setOpen(true)}>
        {t.talk.thread.raw}
      </button>
      {open && (
        <Suspense>
          <Raw message_id={message_id} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  )
}

/** One line of what a message says, for quotes. */
export function brief(message: Message): string {
  const body = message.body
  if (!isSaid(body)) return ''
  switch (body.type) {
    case 'text':
      return body.text
    case 'files':
      return body.caption || body.files.map((file) => file.name || t.chat.file).join(', ')
    case 'letter':
      return body.text || body.subject
    case 'location':
      return body.title || t.chat.location
    case 'contact':
      return body.name
    case 'form':
      return body.title
    case 'unsupported':
      return t.chat.unsupported(body.label)
  }
}
