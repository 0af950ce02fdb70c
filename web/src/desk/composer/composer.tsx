import { FileText, Paperclip, Reply, SendHorizontal, X } from 'lucide-react'
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { Message } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { size } from '../../kit/i18n/format'
import { modLabel, pressed, useKeys } from '../../kit/keys'
import { Button, IconButton } from '../../kit/ui/button'
import { ChannelBadge } from '../../kit/ui/channel-badge'
import { useDesk, useDeskState } from '../context'
import { draftKey } from '../store/drafts'
import type { Chat } from '../store/state'
import { brief } from '../thread/said'
import { tooMuch } from './limits'

type Kind = 'answer' | 'note'
const KINDS: Kind[] = ['answer', 'note']
const TALLEST = 240
const NO_FILES: File[] = []

export function Composer({
  chat,
  replyTo,
  onReplyTo,
}: {
  chat: Chat
  replyTo: Message | null
  onReplyTo: (message: Message | null) => void
}) {
  const { desk } = useDesk()
  const id = chat.conversation_id
  const closed = chat.state === 'closed'
  const [chosen, setKind] = useState<Kind>('answer')
  const kind = closed ? 'note' : chosen
  const channel = useDeskState((state) => state.channels.get(chat.channel_id))
  const limits = useDeskState((state) => (channel ? state.kinds.get(channel.kind) : undefined))
  const text = useDeskState((state) => state.drafts.get(draftKey(id, kind)) ?? '')
  const [picked, setFiles] = useState<File[]>([])
  // Notes are texts alone; what was picked waits for the answer.
  const files = kind === 'answer' ? picked : NO_FILES
  const [over, setOver] = useState(false)
  const field = useRef<HTMLTextAreaElement>(null)
  const picker = useRef<HTMLInputElement>(null)

  const fault = kind === 'answer' ? tooMuch(text, files, limits) : null
  const empty = !text.trim() && files.length === 0

  useLayoutEffect(() => {
    const box = field.current
    if (!box) return
    box.style.height = 'auto'
    box.style.height = `${Math.min(TALLEST, box.scrollHeight)}px`
  }, [text, kind])
  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) field.current?.focus()
  }, [id, replyTo])

  const add = useCallback(
    (more: Iterable<File>) => {
      if (closed) return
      setKind('answer')
      setFiles((held) => [...held, ...more])
    },
    [closed],
  )
  const turn = (next: Kind) => {
    if (closed) return
    setKind(next)
    if (next === 'note') onReplyTo(null)
    field.current?.focus()
  }

  function send() {
    if (empty || fault) return
    desk.send({
      conversation_id: id,
      kind,
      text: text.trim(),
      files: files.map((file) => ({ name: file.name, type: file.type, size: file.size, blob: file })),
      reply_to: replyTo?.message_id ?? null,
      mentions: [],
      subject: null,
    })
    desk.setDraft(draftKey(id, kind), '')
    if (kind === 'answer') setFiles([])
    onReplyTo(null)
    field.current?.focus()
  }

  useKeys([
    [{ code: 'KeyN' }, () => turn(kind === 'note' ? 'answer' : 'note')],
    [{ code: 'KeyM', shift: true, mod: true }, () => turn(kind === 'note' ? 'answer' : 'note')],
    [{ code: 'KeyU', mod: true }, () => picker.current?.click()],
  ])

  const note = kind === 'note'
  return (
    <div className="shrink-0 px-5 pb-4 max-[899px]:px-2 max-[899px]:pb-2">
      <div
        className={`mx-auto max-w-[860px] rounded-bubble border focus-within:border-accent ${note ? 'border-note-line bg-note' : 'border-edge bg-pane'} ${over ? 'outline-2 outline-accent' : ''}`}
        onDragOver={(event) => {
          if (!event.dataTransfer.types.includes('Files')) return
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault()
          setOver(false)
          add(event.dataTransfer.files)
        }}
      >
        <div className="flex items-center gap-1 px-2 pt-2">
          {closed ? (
            <p className="px-2 py-1 text-second text-note-ink">{t.composer.closed}</p>
          ) : (
            KINDS.map((one) => (
              <button
                key={one}
                type="button"
                aria-pressed={kind === one}
                onClick={() => turn(one)}
                className={`h-7 rounded-control px-2.5 text-second font-medium ${
                  kind === one
                    ? note
                      ? 'bg-[rgb(0_0_0/0.08)] text-note-ink'
                      : 'bg-accent-soft text-accent-text'
                    : note
                      ? 'text-note-ink'
                      : 'text-ink2 hover:bg-hover'
                }`}
              >
                {t.composer[one]}
              </button>
            ))
          )}
          {channel && !note && (
            <span className="ml-auto flex min-w-0 items-center gap-1.5 px-2 text-second text-ink2">
              <ChannelBadge kind={channel.kind} />
              <span className="truncate">{channel.name}</span>
            </span>
          )}
        </div>
        {replyTo && (
          <div className="mx-4 mt-2 flex items-start gap-2 border-l-2 border-accent pl-2 text-second text-ink2">
            <Reply size={15} className="mt-0.5 shrink-0" aria-hidden="true" />
            <span className="line-clamp-2 min-w-0 flex-1">{brief(replyTo)}</span>
            <IconButton label={t.composer.noReply} className="size-6" onClick={() => onReplyTo(null)}>
              <X size={14} />
            </IconButton>
          </div>
        )}
        <textarea
          ref={field}
          data-composer
          rows={1}
          value={text}
          aria-label={note ? t.composer.noteLabel : t.composer.answerLabel}
          placeholder={note ? t.composer.notePlaceholder : t.composer.placeholder(channel?.title ?? '')}
          onChange={(event) => {
            desk.setDraft(draftKey(id, kind), event.target.value)
            if (!note) desk.typing(id)
          }}
          onPaste={(event) => {
            if (event.clipboardData.files.length === 0) return
            event.preventDefault()
            add(event.clipboardData.files)
          }}
          onKeyDown={(event) => {
            // While an input method composes, Enter is its own.
            if (event.nativeEvent.isComposing) return
            if (pressed(event, { code: 'Enter' }) || pressed(event, { code: 'NumpadEnter' })) {
              event.preventDefault()
              send()
            }
            if (pressed(event, { code: 'Escape' })) {
              event.preventDefault()
              if (replyTo) onReplyTo(null)
              else event.currentTarget.blur()
            }
          }}
          className={`block w-full resize-none bg-transparent px-4 pt-2 pb-1 text-body outline-none ${note ? 'text-note-ink placeholder:text-note-ink' : ''}`}
        />
        {files.length > 0 && (
          <ul className="flex flex-wrap gap-2 px-4 pt-1">
            {files.map((file, index) => (
              <Picked
                key={`${file.name} ${index}`}
                file={file}
                onDrop={() => setFiles((held) => held.filter((other) => other !== file))}
              />
            ))}
          </ul>
        )}
        {fault && (
          <p role="alert" className="px-4 pt-1 text-second text-red">
            {fault}
          </p>
        )}
        <div className="flex items-center gap-2 px-2 pt-1 pb-2">
          {!note && (
            <IconButton label={`${t.composer.attach} (${modLabel}+U)`} onClick={() => picker.current?.click()}>
              <Paperclip size={18} />
            </IconButton>
          )}
          <input
            ref={picker}
            type="file"
            multiple
            hidden
            onChange={(event) => {
              add(event.target.files ?? [])
              event.target.value = ''
            }}
          />
          <span className={`ml-auto text-caption max-[899px]:hidden ${note ? 'text-note-ink' : 'text-ink3'}`}>
            <kbd className="kbd">Enter</kbd> {t.composer.enterSends} · <kbd className="kbd">⇧Enter</kbd>{' '}
            {t.composer.enterLine}
          </span>
          <Button look="main" className="h-9 max-[899px]:ml-auto" disabled={empty || !!fault} onClick={send}>
            {note ? t.composer.save : t.composer.send}
            <SendHorizontal size={16} aria-hidden="true" />
          </Button>
        </div>
      </div>
    </div>
  )
}

function Picked({ file, onDrop }: { file: File; onDrop: () => void }) {
  const [preview, setPreview] = useState('')
  useEffect(() => {
    if (!file.type.startsWith('image/')) return
    const url = URL.createObjectURL(file)
    setPreview(url)
    return () => URL.revokeObjectURL(url)
  }, [file])
  return (
    <li className="flex items-center gap-2 rounded-control border border-line bg-raised py-1 pr-1 pl-2">
      {preview ? (
        <img src={preview} alt="" className="size-8 rounded object-cover" />
      ) : (
        <FileText size={18} className="text-ink3" aria-hidden="true" />
      )}
      <span className="max-w-40">
        <span className="block truncate text-second font-medium">{file.name}</span>
        <span className="num block text-caption text-ink3">{size(file.size)}</span>
      </span>
      <IconButton label={t.composer.dropFile(file.name)} className="size-6" onClick={onDrop}>
        <X size={14} />
      </IconButton>
    </li>
  )
}
