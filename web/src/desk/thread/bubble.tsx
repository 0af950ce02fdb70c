import { Check, CheckCheck, CircleAlert, Clock3, Copy, Reply, StickyNote } from 'lucide-react'
import { lazy, memo, type ReactNode, Suspense, useMemo } from 'react'
import type { Content, DeliveryStatus, Message } from '../../kit/api/types'
import { t, words } from '../../kit/i18n'
import { moment, size, time } from '../../kit/i18n/format'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { useDesk, useDeskState } from '../context'
import type { Outgoing } from '../store/state'
import { LookContext, useLook } from './look'
import { brief, isSaid, Said } from './said'
import { Text } from './text'

const extras = () => import('../message/extras')
const Deeds = lazy(async () => ({ default: (await extras()).Deeds }))
const Editor = lazy(async () => ({ default: (await extras()).Editor }))
const ChangeLine = lazy(async () => ({ default: (await extras()).ChangeLine }))
const Reactions = lazy(async () => ({ default: (await extras()).Reactions }))

const looks = {
  inbound: 'bg-incoming rounded-bl-[4px]',
  outbound: 'bg-outgoing rounded-br-[4px]',
  note: 'bg-note border border-note-line text-note-ink rounded-br-[4px]',
}

function Shape({ look, follows, children }: { look: keyof typeof looks; follows: boolean; children: ReactNode }) {
  return (
    <div className={`group flex items-center gap-1 ${follows ? 'pt-1' : 'pt-2.5'} ${look === 'inbound' ? '' : 'flex-row-reverse'}`}>
      {children}
    </div>
  )
}

const wide = 'max-w-[min(720px,92%)] rounded-bubble px-3.5 py-2'
const box = 'max-w-[min(520px,85%)] rounded-bubble px-3.5 py-2'

/** Time and what follows it sit at the end of the last line, or below it. */
const Foot = ({ children }: { children: ReactNode }) => (
  <span className="num float-right mt-1.5 -mb-0.5 ml-3 flex items-center gap-1 text-meta text-ink2">{children}</span>
)

export const Bubble = memo(function Bubble({
  message,
  quoted,
  follows,
  marks,
  onReply,
  onQuote,
}: {
  message: Message
  quoted: Message | undefined
  follows: boolean
  /** The words that were looked for, when this message is what was found. */
  marks: RegExp | null
  onReply: ((message: Message) => void) | null
  onQuote: (message: Message) => void
}) {
  const author = useDeskState((state) => (message.author_id ? state.employees.get(message.author_id) : undefined))
  const me = useDeskState((state) => state.me.employee_id)
  const employees = useDeskState((state) => (message.mentions?.length ? state.employees : undefined))
  const named = useMemo(
    () => message.mentions?.flatMap((id) => employees?.get(id) ?? []),
    [message.mentions, employees],
  )
  const around = useLook()
  const { can, edit } = around
  const inLook = useMemo(() => ({ ...around, marks }), [around, marks])
  if (!isSaid(message.body) || message.direction === 'system') return null
  const look = message.direction
  const ours = look !== 'inbound'
  const more = can && look !== 'note' && (can.edit_within || can.remove_within || !!can.reactions?.length)
  const label = ours && message.author_id !== me ? (author?.name ?? (message.automatic ? t.chat.automatic : '')) : ''
  return (
    <Shape look={look} follows={follows}>
      <article
        className={`${message.body.type === 'letter' ? wide : box} ${looks[look]} ${message.removed_at ? 'opacity-70' : ''} ${marks ? 'outline-2 outline-amber' : ''}`}
      >
        {look === 'note' ? (
          <div className="mb-0.5 flex items-center gap-1.5 text-caption font-semibold">
            <StickyNote size={13} aria-hidden="true" />
            {t.chat.note}
            {label && ` · ${label}`}
          </div>
        ) : (
          label && !follows && <div className="mb-0.5 text-caption font-semibold text-accent-text">{label}</div>
        )}
        {message.reply_to && <Quote message={quoted} onClick={() => quoted && onQuote(quoted)} />}
        {can && around.editing === message.message_id ? (
          <Suspense>
            <Editor message={message} can={can} onClose={() => edit(null)} />
          </Suspense>
        ) : (
          <LookContext value={inLook}>
            <Said content={message.body as Content} message_id={message.message_id} named={named} />
          </LookContext>
        )}
        <Foot>
          {message.removed_at && <span>{look === 'inbound' ? t.chat.removed : t.chat.takenBack}</span>}
          {message.edited_at && <span>{t.chat.edited}</span>}
          <time dateTime={message.created_at} title={moment(message.created_at)}>
            {time(message.created_at)}
          </time>
          {message.status && <Status status={message.status} />}
        </Foot>
        {(message.status === 'failed' || message.status === 'uncertain') && <Failure message={message} />}
        <Suspense>
          {message.change && <ChangeLine message={message} onEdit={edit} />}
          {!!message.reactions?.length && <Reactions message={message} works={!!can} />}
        </Suspense>
      </article>
      <span
        className={`shrink-0 opacity-0 group-hover:opacity-100 focus-within:opacity-100 has-data-popup-open:opacity-100 ${more ? 'relative w-14 self-stretch' : ''}`}
      >
        {/* Two in a row, whatever the height: more beside each other would make the bubble narrower. */}
        <span className={more ? 'absolute inset-0 z-10 flex flex-wrap content-center' : 'flex'}>
          {onReply && look !== 'note' && (
            <button type="button" aria-label={t.chat.reply} title={t.chat.reply} onClick={() => onReply(message)} className={deed}>
              <Reply size={16} />
            </button>
          )}
          {textOf(message.body) && (
            <button
              type="button"
              aria-label={t.talk.thread.copyText}
              title={t.talk.thread.copyText}
              onClick={() => void navigator.clipboard?.writeText(textOf(message.body)).then(() => toast(t.talk.thread.copied))}
              className={deed}
            >
              <Copy size={15} />
            </button>
          )}
          {more && can && (
            <Suspense>
              <Deeds message={message} can={can} onEdit={edit} />
            </Suspense>
          )}
        </span>
      </span>
    </Shape>
  )
})

const deed = 'grid size-7 place-items-center rounded-full text-ink3 hover:bg-hover hover:text-ink'

/** What copying a message takes. */
function textOf(body: Message['body']): string {
  if (!isSaid(body)) return ''
  if (body.type === 'text' || body.type === 'letter') return body.text
  return body.type === 'files' ? (body.caption ?? '') : ''
}

function Quote({ message, onClick }: { message: Message | undefined; onClick: () => void }) {
  return (
    <button
      type="button"
      disabled={!message}
      onClick={onClick}
      className="mb-1 block w-full max-w-full border-l-2 border-accent pl-2 text-left text-second text-ink2"
    >
      <span className="line-clamp-2 break-words">{message ? brief(message) : t.chat.quotedGone}</span>
    </button>
  )
}

function Status({ status }: { status: DeliveryStatus }) {
  const label = t.delivery[status]
  const icon = {
    queued: <Clock3 size={13} />,
    sending: <Clock3 size={13} />,
    sent: <Check size={15} />,
    delivered: <CheckCheck size={15} />,
    read: <CheckCheck size={15} className="text-read" />,
    failed: <CircleAlert size={14} className="text-red" />,
    uncertain: <CircleAlert size={14} className="text-amber" />,
  }[status]
  return (
    <span role="img" aria-label={label} title={label}>
      {icon}
    </span>
  )
}

const act = 'rounded-control px-1.5 font-semibold underline hover:bg-hover'

function Failure({ message }: { message: Message }) {
  const { desk } = useDesk()
  const failed = message.status === 'failed'
  return (
    <p className={`clear-both mt-1 text-second ${failed ? 'text-red' : 'text-amber'}`}>
      {failed ? t.chat.failed : t.chat.uncertain}
      {message.why && ` ${words(message.why)}`}{' '}
      <button
        type="button"
        className={act}
        onClick={() => void desk.sendAgain(message.message_id).catch(tellRefusal)}
      >
        {t.chat.sendAgain}
      </button>
    </p>
  )
}

/** A message on its way to the server. */
export const OutgoingBubble = memo(function OutgoingBubble({
  outgoing,
  quoted,
  follows,
}: {
  outgoing: Outgoing
  quoted: Message | undefined
  follows: boolean
}) {
  const { desk } = useDesk()
  const look = outgoing.kind === 'note' ? 'note' : 'outbound'
  return (
    <Shape look={look} follows={follows}>
      <article className={`${box} ${looks[look]}`}>
        {look === 'note' && (
          <div className="mb-0.5 flex items-center gap-1.5 text-caption font-semibold">
            <StickyNote size={13} aria-hidden="true" />
            {t.chat.note}
          </div>
        )}
        {outgoing.reply_to && <Quote message={quoted} onClick={() => {}} />}
        {outgoing.files.map((file, index) => (
          <div key={index} className="text-second">
            <span className="font-semibold">{file.name}</span>{' '}
            <span className="num text-ink2">{size(file.size)}</span>
          </div>
        ))}
        <Text text={outgoing.text} />
        <Foot>
          {time(outgoing.created_at)}
          <span role="img" aria-label={t.delivery.waiting} title={t.delivery.waiting}>
            {outgoing.refusal ? <CircleAlert size={14} className="text-red" /> : <Clock3 size={13} />}
          </span>
        </Foot>
        {outgoing.refusal && (
          <p className="clear-both mt-1 text-second text-red">
            {words(outgoing.refusal)}{' '}
            <button type="button" className={act} onClick={() => desk.outbox.again(outgoing.client_id)}>
              {t.tryAgain}
            </button>
            <button type="button" className={act} onClick={() => desk.outbox.drop(outgoing.client_id)}>
              {t.remove}
            </button>
          </p>
        )}
      </article>
    </Shape>
  )
})
