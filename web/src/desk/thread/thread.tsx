import { ArrowDown } from 'lucide-react'
import { lazy, Suspense, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { Virtualizer, type VirtualizerHandle } from 'virtua'
import type { Attachment, Capabilities, Message } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { day } from '../../kit/i18n/format'
import { Button } from '../../kit/ui/button'
import { toast } from '../../kit/ui/toast'
import { useDesk, useDeskState } from '../context'
import { type Chat, EMPTY_THREAD } from '../store/state'
import { Bubble, OutgoingBubble } from './bubble'
import { isImage } from './file'
import { Happened } from './happened'
import { type Item, threadItems } from './items'
import { LookContext } from './look'
import { marker } from './marks'
import { isSaid } from './said'

const Viewer = lazy(() => import('./viewer'))

const NEAR = 120
/** How often a page around a message is asked for before it is said not to be there. */
const TRIES = 2

export function Thread({
  id,
  can,
  editing,
  onEdit,
  onReply,
}: {
  id: string
  can: Capabilities | undefined
  /** The message whose words are being changed. */
  editing: string | null
  onEdit: (message_id: string | null) => void
  onReply: ((message: Message) => void) | null
}) {
  const { desk } = useDesk()
  const thread = useDeskState((state) => state.threads.get(id) ?? EMPTY_THREAD)
  const all = useDeskState((state) => state.outgoing)
  const me = useDeskState((state) => state.me.employee_id)
  const chat = useDeskState((state) => state.chats.get(id))
  const outgoing = useMemo(() => all.filter((one) => one.conversation_id === id), [all, id])
  const firstNew = useFirstNew(chat)
  const items = useMemo(
    () => threadItems(thread.items, outgoing, me, firstNew),
    [thread.items, outgoing, me, firstNew],
  )
  const byId = useMemo(() => new Map(thread.items.map((m) => [m.message_id, m])), [thread.items])

  const list = useRef<VirtualizerHandle>(null)
  const target = useDeskState((state) => (state.target?.conversation_id === id ? state.target : null))
  const [shown, setShown] = useState<{ position: number; marks: RegExp | null } | null>(null)
  const [image, setImage] = useState<string | null>(null)
  const look = useMemo(() => ({ marks: null, openImage: setImage, can, editing, edit: onEdit }), [can, editing, onEdit])
  const atEnd = useRef(!target)
  const [below, setBelow] = useState(false)
  const first = useRef<string | undefined>(undefined)
  // Older messages came above: the place on the screen must stay where it was.
  const firstKey = items.find((item) => item.is === 'message')?.key
  const grewAbove =
    first.current !== undefined && firstKey !== first.current && items.some((item) => item.key === first.current)
  useLayoutEffect(() => {
    first.current = firstKey
  })

  const count = items.length
  const toEnd = useCallback(() => list.current?.scrollToIndex(count - 1, { align: 'end' }), [count])
  const { newer } = thread
  const toLatest = useCallback(() => {
    atEnd.current = true
    setShown(null)
    if (newer) void desk.readThread(id, 'latest')
    else toEnd()
  }, [desk, id, newer, toEnd])
  useLayoutEffect(() => {
    if (atEnd.current) toEnd()
  }, [toEnd])
  useEffect(() => {
    const newest = all.at(-1)
    if (newest?.conversation_id === id) toLatest()
    // Only what is newly sent moves the eye.
  }, [all, id])

  // A message that was looked for is brought here, if need be from the past, and stands in the middle.
  const tries = useRef(0)
  useLayoutEffect(() => {
    if (!target) return
    const at = items.findIndex((item) => item.is === 'message' && item.message.position === target.position)
    if (at >= 0) {
      tries.current = 0
      atEnd.current = false
      setShown({ position: target.position, marks: marker(target.q) })
      list.current?.scrollToIndex(at, { align: 'center' })
      desk.aim(null)
    } else if (thread.load === 'yes' || thread.load === 'failed') {
      if (tries.current++ < TRIES) return void desk.readThread(id, { around: target.position })
      tries.current = 0
      desk.aim(null)
      toast(t.talk.thread.jumpFailed, { tone: 'bad' })
    }
  }, [desk, id, target, items, thread.load])

  // The field grows, a window narrows: who was at the end stays there.
  const box = useRef<HTMLDivElement>(null)
  const filled = count > 0
  useEffect(() => {
    if (!box.current) return
    const watch = new ResizeObserver(() => atEnd.current && toEnd())
    watch.observe(box.current)
    return () => watch.disconnect()
  }, [toEnd, filled])

  // What is seen is read.
  const last = chat?.last_position
  useEffect(() => {
    const read = () => {
      if (document.visibilityState === 'visible' && document.hasFocus() && atEnd.current && !newer) desk.markRead(id)
    }
    if (thread.load === 'yes') read()
    addEventListener('focus', read)
    return () => removeEventListener('focus', read)
  }, [desk, id, last, thread.load, below, newer])

  const onQuote = useCallback(
    (message: Message) => {
      const at = items.findIndex((item) => item.is === 'message' && item.message.message_id === message.message_id)
      if (at >= 0) list.current?.scrollToIndex(at, { align: 'center', smooth: true })
    },
    [items],
  )

  // What is being written stays while the eye is elsewhere.
  const edited = editing ? items.findIndex((item) => item.is === 'message' && item.message.message_id === editing) : -1
  const kept = useMemo(() => (edited < 0 ? [] : [edited]), [edited])
  useLayoutEffect(() => {
    if (editing && edited >= 0) list.current?.scrollToIndex(edited, { align: 'nearest' })
    // Only its beginning moves the eye.
  }, [editing])

  if (count === 0) {
    if (thread.load === 'failed') {
      return (
        <div className="grid flex-1 place-items-center">
          <div className="text-center">
            <p className="mb-3 text-ink2">{t.errors.thread}</p>
            <Button look="soft" onClick={() => void desk.readThread(id, 'latest')}>
              {t.tryAgain}
            </Button>
          </div>
        </div>
      )
    }
    return <div className="flex-1" aria-busy={thread.load !== 'yes'} />
  }

  const draw = (item: Item) => {
    switch (item.is) {
      case 'day':
        return (
          <div className="flex justify-center py-2">
            <span className="rounded-full bg-pane px-3 py-0.5 text-caption font-medium text-ink2">{day(item.at)}</span>
          </div>
        )
      case 'new':
        return (
          <div className="flex items-center gap-3 py-2 text-caption font-medium text-red">
            <span className="h-px flex-1 bg-edge" />
            {t.chat.newMessages}
            <span className="h-px flex-1 bg-edge" />
          </div>
        )
      case 'message': {
        const { message, follows } = item
        if (!isSaid(message.body)) return <Happened line={message.body} at={message.created_at} />
        const quoted = message.reply_to ? byId.get(message.reply_to) : undefined
        const marks = shown?.position === message.position ? (shown.marks ?? NO_WORDS) : null
        return (
          <Bubble
            message={message}
            quoted={quoted}
            follows={follows}
            marks={marks}
            onReply={onReply}
            onQuote={onQuote}
          />
        )
      }
      case 'outgoing': {
        const quoted = item.outgoing.reply_to ? byId.get(item.outgoing.reply_to) : undefined
        return <OutgoingBubble outgoing={item.outgoing} quoted={quoted} follows={item.follows} />
      }
    }
  }

  return (
    <div className="relative min-h-0 flex-1" role="log" aria-label={t.chat.messages}>
      <LookContext value={look}>
        <div
          ref={box}
          tabIndex={0}
          className="flex h-full flex-col overflow-y-auto px-5 pt-3 pb-4 -outline-offset-2 [overflow-anchor:none] max-[899px]:px-2"
        >
          {/* A short conversation stands at the bottom, beside the field. */}
          <div className="grow" />
          <Virtualizer
            ref={list}
            data={items}
            shift={grewAbove}
            itemSize={64}
            keepMounted={kept}
            onScroll={(offset) => {
              const handle = list.current
              if (!handle) return
              const left = handle.scrollSize - handle.viewportSize - offset
              atEnd.current = left < NEAR && !newer
              setBelow(left > NEAR * 3 || newer)
              if (thread.load !== 'yes') return
              if (offset < 600 && thread.older) void desk.readThread(id, 'older')
              else if (left < 600 && newer) void desk.readThread(id, 'newer')
            }}
          >
            {(item) => (
              <div key={item.key} className="mx-auto max-w-[820px]">
                {draw(item)}
              </div>
            )}
          </Virtualizer>
        </div>
      </LookContext>
      {below && (
        <button
          type="button"
          aria-label={t.chat.toEnd}
          title={t.chat.toEnd}
          onClick={toLatest}
          className="absolute right-5 bottom-4 grid size-9 place-items-center rounded-full border border-line bg-pane text-ink2 shadow-float"
        >
          <ArrowDown size={18} />
        </button>
      )}
      {image && (
        <Suspense>
          <Viewer files={imagesOf(thread.items)} first={image} onClose={() => setImage(null)} />
        </Suspense>
      )}
    </div>
  )
}

/** Marks the message and no word of it. */
const NO_WORDS = /(?!)/gu

/** Where the unread began when the conversation was opened; it does not move while it is open. */
function useFirstNew(chat: Chat | undefined): number | null {
  const [decided, decide] = useState<number | null | undefined>(undefined)
  if (decided !== undefined || chat?.read_position === undefined) return decided ?? null
  const { read_position, last_position } = chat
  const place = read_position > 0 && read_position < last_position ? read_position : null
  decide(place)
  return place
}

function imagesOf(messages: readonly Message[]): Attachment[] {
  return messages.flatMap(({ body }) => {
    if (!isSaid(body) || (body.type !== 'files' && body.type !== 'letter')) return []
    return (body.files ?? []).filter(isImage)
  })
}
