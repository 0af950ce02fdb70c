import { ArrowDown } from 'lucide-react'
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { Virtualizer, type VirtualizerHandle } from 'virtua'
import type { Message } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { day } from '../../kit/i18n/format'
import { Button } from '../../kit/ui/button'
import { useDesk, useDeskState } from '../context'
import { EMPTY_THREAD } from '../store/state'
import { Bubble, OutgoingBubble } from './bubble'
import { Happened } from './happened'
import { type Item, threadItems } from './items'
import { isSaid } from './said'

const NEAR = 120

export function Thread({ id, onReply }: { id: string; onReply: ((message: Message) => void) | null }) {
  const { desk } = useDesk()
  const thread = useDeskState((state) => state.threads.get(id) ?? EMPTY_THREAD)
  const all = useDeskState((state) => state.outgoing)
  const me = useDeskState((state) => state.me.employee_id)
  const chat = useDeskState((state) => state.chats.get(id))
  const outgoing = useMemo(() => all.filter((one) => one.conversation_id === id), [all, id])
  // Where the unread began when the conversation was opened; it does not move while it is open.
  const [firstNew] = useState(() =>
    chat && chat.read_position !== undefined && chat.read_position < chat.last_position && chat.read_position > 0
      ? chat.read_position
      : null,
  )
  const items = useMemo(
    () => threadItems(thread.items, outgoing, me, firstNew),
    [thread.items, outgoing, me, firstNew],
  )
  const byId = useMemo(() => new Map(thread.items.map((m) => [m.message_id, m])), [thread.items])

  const list = useRef<VirtualizerHandle>(null)
  const atEnd = useRef(true)
  const [below, setBelow] = useState(false)
  const first = useRef<string | undefined>(undefined)
  // Older messages came above: the place on the screen must stay where it was.
  const firstKey = items.find((item) => item.is === 'message')?.key
  const grewAbove = first.current !== undefined && firstKey !== first.current
  useLayoutEffect(() => {
    first.current = firstKey
  })

  const count = items.length
  const toEnd = useCallback(() => list.current?.scrollToIndex(count - 1, { align: 'end' }), [count])
  useLayoutEffect(() => {
    if (atEnd.current) toEnd()
  }, [toEnd])
  useEffect(() => {
    const newest = all.at(-1)
    if (newest?.conversation_id === id) {
      atEnd.current = true
      toEnd()
    }
  }, [all, id, toEnd])

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
      if (document.visibilityState === 'visible' && document.hasFocus() && atEnd.current) desk.markRead(id)
    }
    if (thread.load === 'yes') read()
    addEventListener('focus', read)
    return () => removeEventListener('focus', read)
  }, [desk, id, last, thread.load, below])

  const onQuote = useCallback(
    (message: Message) => {
      const at = items.findIndex((item) => item.is === 'message' && item.message.message_id === message.message_id)
      if (at >= 0) list.current?.scrollToIndex(at, { align: 'center', smooth: true })
    },
    [items],
  )

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
        return <Bubble message={message} quoted={quoted} follows={follows} onReply={onReply} onQuote={onQuote} />
      }
      case 'outgoing': {
        const quoted = item.outgoing.reply_to ? byId.get(item.outgoing.reply_to) : undefined
        return <OutgoingBubble outgoing={item.outgoing} quoted={quoted} follows={item.follows} />
      }
    }
  }

  return (
    <div className="relative min-h-0 flex-1" role="log" aria-label={t.chat.messages}>
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
          onScroll={(offset) => {
            const handle = list.current
            if (!handle) return
            const left = handle.scrollSize - handle.viewportSize - offset
            atEnd.current = left < NEAR
            setBelow(left > NEAR * 3)
            if (offset < 600 && thread.load === 'yes' && thread.older) void desk.readThread(id, 'older')
          }}
        >
          {(item) => (
            <div key={item.key} className="mx-auto max-w-[820px]">
              {draw(item)}
            </div>
          )}
        </Virtualizer>
      </div>
      {below && (
        <button
          type="button"
          aria-label={t.chat.toEnd}
          title={t.chat.toEnd}
          onClick={() => {
            atEnd.current = true
            toEnd()
          }}
          className="absolute right-5 bottom-4 grid size-9 place-items-center rounded-full border border-line bg-pane text-ink2 shadow-float"
        >
          <ArrowDown size={18} />
        </button>
      )}
    </div>
  )
}
