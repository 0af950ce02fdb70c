import { CircleAlert, MapPin, UserRound } from 'lucide-react'
import { useState } from 'react'
import type { Content, Message } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { phone } from '../../kit/i18n/format'
import { File } from './file'
import { Text } from './text'

export function isSaid(body: Message['body']): body is Content {
  return 'type' in body
}

/** What a message says, of whatever kind. */
export function Said({ content }: { content: Content }) {
  switch (content.type) {
    case 'text':
      return <Text text={content.text} spans={content.spans} />
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
      return <Letter letter={content} />
    case 'location':
      return (
        <a
          className="flex items-center gap-2 text-accent-text underline"
          target="_blank"
          rel="noreferrer noopener"
          href={`https://www.openstreetmap.org/?mlat=${content.latitude}&mlon=${content.longitude}#map=16/${content.latitude}/${content.longitude}`}
        >
          <MapPin size={17} aria-hidden="true" />
          {content.title || t.chat.location}
        </a>
      )
    case 'contact':
      return (
        <span className="flex items-center gap-2">
          <UserRound size={17} aria-hidden="true" />
          <span>
            {content.name}
            {content.phone && <span className="num block text-second text-ink2">{phone(content.phone)}</span>}
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
          </span>
        </span>
      )
  }
}

function Letter({ letter }: { letter: Extract<Content, { type: 'letter' }> }) {
  const [quoted, showQuoted] = useState(false)
  return (
    <div className="space-y-2">
      {letter.subject && <div className="font-semibold">{letter.subject}</div>}
      {letter.text && <Text text={letter.text} />}
      {letter.files?.map((file) => (
        <File key={file.attachment_id} file={file} />
      ))}
      {letter.quoted && (
        <div>
          <button
            type="button"
            aria-expanded={quoted}
            className="rounded-control bg-hover px-2 text-second text-ink2"
            onClick={() => showQuoted(!quoted)}
          >
            {quoted ? t.chat.hideQuoted : t.chat.showQuoted}
          </button>
          {quoted && (
            <div className="mt-2 border-l-2 border-edge pl-2 text-ink2">
              <Text text={letter.quoted} />
            </div>
          )}
        </div>
      )}
    </div>
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
