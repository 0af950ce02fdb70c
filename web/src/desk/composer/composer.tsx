import { AtSign, Paperclip, Reply, SendHorizontal, Smile, X, Zap } from 'lucide-react'
import { lazy, Suspense, useCallback, useEffect, useId, useLayoutEffect, useRef, useState } from 'react'
import type { Message } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { modLabel, pressed, useKeys } from '../../kit/keys'
import { Button, IconButton } from '../../kit/ui/button'
import { useDesk, useDeskState } from '../context'
import { chatName } from '../list/row'
import { draftKey } from '../store/drafts'
import type { Chat } from '../store/state'
import { type CannedReply, cannedUsed, type Mode } from '../store/talk-api'
import { brief } from '../thread/said'
import { Account } from './account-menu'
import { fill } from './canned'
import { CannedMenu } from './canned-menu'
import { heldOf, hold } from './held'
import { accepts, fullness, tooMuch } from './limits'
import { MentionMenu } from './mention-menu'
import { mentioned } from './mentions'
import { Picked } from './picked'
import { useMention } from './use-mention'

const EmojiPicker = lazy(() => import('./emoji-picker'))

const MODES: Mode[] = ['answer', 'note']
const TALLEST = 240
const NO_FILES: File[] = []
const FULL = { calm: 'text-ink3', near: 'text-amber', over: 'text-red' }

/** The key of "/" on a Russian layout types a full stop: at the beginning of a message nobody means
 * one. Elsewhere in a text both are what they are. */
const opensCanned = (event: React.KeyboardEvent) =>
  !event.ctrlKey &&
  !event.metaKey &&
  !event.altKey &&
  (event.key === '/' || (event.code === 'Slash' && !event.shiftKey && event.key === '.'))

export function Composer({
  chat,
  replyTo,
  onReplyTo,
  onEditLast,
}: {
  chat: Chat
  replyTo: Message | null
  onReplyTo: (message: Message | null) => void
  /** Begins to change the last answer; false: there is none that may be changed. */
  onEditLast: () => boolean
}) {
  const { desk, me } = useDesk()
  const id = chat.conversation_id
  const closed = chat.state === 'closed'
  const [chosen, setMode] = useState<Mode>(() => heldOf(id).mode)
  const mode = closed ? 'note' : chosen
  const note = mode === 'note'
  const channel = useDeskState((state) => state.channels.get(chat.channel_id))
  const limits = useDeskState((state) => (channel ? state.kinds.get(channel.kind) : undefined))
  const text = useDeskState((state) => state.drafts.get(draftKey(id, mode)) ?? '')
  const employees = useDeskState((state) => state.employees)
  const [picked, setPicked] = useState<File[]>(() => heldOf(id).files)
  // Notes are texts alone; what was picked waits for the answer.
  const files = note ? NO_FILES : picked
  const [over, setOver] = useState(false)
  const [menu, setMenu] = useState<'canned' | 'emoji' | null>(null)
  const field = useRef<HTMLTextAreaElement>(null)
  const picker = useRef<HTMLInputElement>(null)
  const listId = useId()

  const fault = note ? null : tooMuch(text, files, limits)
  const full = note ? null : fullness(text, files.length, limits)
  const empty = !text.trim() && files.length === 0
  const setText = useCallback((next: string) => desk.setDraft(draftKey(id, mode), next), [desk, id, mode])

  useLayoutEffect(() => {
    const box = field.current
    if (!box) return
    box.style.height = 'auto'
    box.style.height = `${Math.min(TALLEST, box.scrollHeight)}px`
  }, [text, mode])
  useEffect(() => {
    if (matchMedia('(pointer: fine)').matches) field.current?.focus()
  }, [id, replyTo])
  useEffect(() => hold(id, { files: picked, mode: chosen, replyTo }), [id, picked, chosen, replyTo])

  /** Puts text in the place of what is chosen in the field, and goes on after it. */
  const put = useCallback(
    (more: string) => {
      const box = field.current
      if (!box) return
      const [from, to] = [box.selectionStart, box.selectionEnd]
      setText(box.value.slice(0, from) + more + box.value.slice(to))
      requestAnimationFrame(() => {
        box.focus()
        box.setSelectionRange(from + more.length, from + more.length)
      })
    },
    [setText],
  )
  const mention = useMention(note, text, field, setText)

  const add = useCallback(
    (more: Iterable<File>) => {
      if (closed) return
      setMode('answer')
      setPicked((held) => [...held, ...more])
    },
    [closed],
  )
  const turn = (next: Mode) => {
    if (closed) return
    setMode(next)
    setMenu(null)
    if (next === 'note') onReplyTo(null)
    field.current?.focus()
  }

  function send() {
    if (empty || fault) return
    desk.send({
      conversation_id: id,
      kind: mode,
      text: text.trim(),
      files: files.map((file) => ({ name: file.name, type: file.type, size: file.size, blob: file })),
      reply_to: replyTo?.message_id ?? null,
      mentions: note ? mentioned(text, [...employees.values()]) : [],
      subject: null,
    })
    setText('')
    if (!note) setPicked([])
    onReplyTo(null)
    field.current?.focus()
  }

  function pickCanned(reply: CannedReply) {
    setMenu(null)
    put(
      fill(reply.text, {
        // A guest has no name to be greeted by.
        name: chat.contact_name.trim() ? chatName(chat) : '',
        operator: me.employee.name,
        company: me.account.name,
        number: String(chat.number),
      }),
    )
    const used = (one: CannedReply) =>
      one.canned_reply_id === reply.canned_reply_id ? { ...one, used_count: one.used_count + 1 } : one
    desk.box.change((state) => ({ ...state, canned: state.canned.map(used) }))
    cannedUsed(reply.canned_reply_id).catch(() => {
      // A count of use is not worth a word.
    })
  }

  useKeys([
    [{ code: 'KeyM', shift: true, mod: true }, () => turn(note ? 'answer' : 'note')],
    [{ code: 'KeyU', mod: true }, () => picker.current?.click()],
    [{ code: 'KeyE', mod: true }, () => setMenu((now) => (now === 'emoji' ? null : 'emoji'))],
  ])

  function onKeyDown(event: React.KeyboardEvent<HTMLTextAreaElement>) {
    // While an input method composes, Enter is its own.
    if (event.nativeEvent.isComposing || mention.onKeyDown(event)) return
    if (text === '' && opensCanned(event)) {
      event.preventDefault()
      setMenu('canned')
    } else if (pressed(event, { code: 'Enter' }) || pressed(event, { code: 'NumpadEnter' })) {
      event.preventDefault()
      send()
    } else if (text === '' && !note && pressed(event, { code: 'ArrowUp' })) {
      if (onEditLast()) event.preventDefault()
    } else if (pressed(event, { code: 'Escape' })) {
      event.preventDefault()
      if (replyTo) onReplyTo(null)
      else event.currentTarget.blur()
    }
  }

  const leaveMenu = (literal = '') => {
    setMenu(null)
    if (literal) put(literal)
    else field.current?.focus()
  }
  const ink = note ? 'text-note-ink hover:bg-[rgb(0_0_0/0.06)] hover:text-note-ink' : ''

  return (
    <div className="shrink-0 px-5 pb-4 max-[899px]:px-2 max-[899px]:pb-2">
      <div className="mx-auto max-w-[860px]">
        <Answering id={id} />
        <div
          className={`relative rounded-bubble border focus-within:border-accent ${note ? 'border-note-line bg-note' : 'border-edge bg-pane'} ${over ? 'outline-2 outline-accent' : ''}`}
          onDragOver={(event) => {
            if (!event.dataTransfer.types.includes('Files')) return
            event.preventDefault()
            setOver(true)
          }}
          onDragLeave={(event) => {
            if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false)
          }}
          onDrop={(event) => {
            event.preventDefault()
            setOver(false)
            add(event.dataTransfer.files)
          }}
        >
          {menu === 'canned' && <CannedMenu onPick={pickCanned} onLeave={leaveMenu} />}
          {menu === 'emoji' && (
            <Suspense>
              <EmojiPicker
                onPick={(sign) => {
                  setMenu(null)
                  put(sign)
                }}
                onLeave={() => leaveMenu()}
              />
            </Suspense>
          )}
          {mention.people.length > 0 && (
            <MentionMenu id={listId} people={mention.people} at={mention.at} onAt={mention.setAt} onPick={mention.pick} />
          )}
          <div className="flex items-center gap-1 px-2 pt-2">
            {closed ? (
              <p className="px-2 py-1 text-second text-note-ink">{t.composer.closed}</p>
            ) : (
              MODES.map((one) => (
                <button
                  key={one}
                  type="button"
                  aria-pressed={mode === one}
                  data-mode={one}
                  onClick={() => turn(one)}
                  className={`h-7 shrink-0 rounded-control px-2.5 text-second font-medium ${
                    mode === one
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
            {channel && !note && <Account chat={chat} channel={channel} />}
          </div>
          {replyTo && !note && (
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
            {...(mention.people.length > 0
              ? { 'aria-controls': listId, 'aria-activedescendant': `${listId}-${mention.people[mention.at]?.employee_id}` }
              : {})}
            placeholder={note ? t.composer.notePlaceholder : `${t.composer.placeholder(channel?.name ?? '')}   ${t.talk.canned.hint}`}
            onChange={(event) => {
              setText(event.target.value)
              mention.look(event.target)
              if (!note) desk.typing(id)
            }}
            onSelect={(event) => mention.look(event.currentTarget)}
            onBlur={mention.close}
            onPaste={(event) => {
              if (event.clipboardData.files.length === 0) return
              event.preventDefault()
              add(event.clipboardData.files)
            }}
            onKeyDown={onKeyDown}
            className={`block w-full resize-none bg-transparent px-4 pt-2 pb-1 text-body outline-none ${note ? 'text-note-ink placeholder:text-note-ink' : ''}`}
          />
          {files.length > 0 && (
            <>
              <ul className="flex max-h-40 flex-wrap gap-2 overflow-y-auto px-4 pt-1">
                {files.map((file, index) => (
                  <Picked
                    key={`${file.name} ${index}`}
                    file={file}
                    bad={tooMuch('', [file], limits) !== null}
                    onDrop={() => setPicked((held) => held.filter((other) => other !== file))}
                  />
                ))}
              </ul>
              {!fault && limits && <p className="px-4 pt-1 text-caption text-ink3">{accepts(limits)}</p>}
            </>
          )}
          {fault && (
            <p role="alert" className="px-4 pt-1 text-second text-red">
              {fault}
            </p>
          )}
          <div className="flex items-center gap-0.5 px-2 pt-1 pb-2">
            {!note && (
              <IconButton
                data-attach
                disabled={limits?.max_files === 0 || limits?.files.length === 0}
                label={`${t.composer.attach} (${modLabel}+U)`}
                title={[`${t.composer.attach} (${modLabel}+U)`, accepts(limits)].filter(Boolean).join('\n')}
                onClick={() => picker.current?.click()}
              >
                <Paperclip size={18} />
              </IconButton>
            )}
            <IconButton
              data-emoji
              label={`${t.talk.emoji.button} (${modLabel}+E)`}
              aria-expanded={menu === 'emoji'}
              className={ink}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => setMenu((now) => (now === 'emoji' ? null : 'emoji'))}
            >
              <Smile size={18} />
            </IconButton>
            <IconButton
              label={`${t.talk.canned.button} (/)`}
              aria-expanded={menu === 'canned'}
              className={ink}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => setMenu((now) => (now === 'canned' ? null : 'canned'))}
            >
              <Zap size={18} />
            </IconButton>
            {note && (
              <IconButton label={t.talk.mention.title} className={ink} onClick={() => mention.begin(put)}>
                <AtSign size={18} />
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
            {full && (
              <span data-fullness className={`num ml-auto text-caption ${FULL[full.look]}`}>
                {full.told}
              </span>
            )}
            <span
              className={`text-caption max-[899px]:hidden ${full ? 'ml-3' : 'ml-auto'} mr-2 ${note ? 'text-note-ink' : 'text-ink3'}`}
            >
              <kbd className="kbd">Enter</kbd> {t.composer.enterSends} · <kbd className="kbd">⇧Enter</kbd>{' '}
              {t.composer.enterLine}
            </span>
            <Button
              look="main"
              className={`h-9 ${full ? 'max-[899px]:ml-2' : 'max-[899px]:ml-auto'}`}
              disabled={empty || !!fault}
              onClick={send}
            >
              {note ? t.composer.save : t.composer.send}
              <SendHorizontal size={16} aria-hidden="true" />
            </Button>
          </div>
        </div>
      </div>
    </div>
  )
}

/** A colleague is writing to the same customer. */
function Answering({ id }: { id: string }) {
  const typing = useDeskState((state) => state.typing.get(id))
  const name = useDeskState((state) => (typing ? state.employees.get(typing.who)?.name : undefined))
  if (!typing || typing.who === 'visitor') return null
  return (
    <p role="status" className="mb-1.5 rounded-control bg-amber-soft px-3 py-1 text-second text-amber">
      {t.talk.thread.answering(name ?? t.chat.somebody)}
    </p>
  )
}
