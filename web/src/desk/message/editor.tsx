import { useId, useLayoutEffect, useRef, useState } from 'react'
import { Refused } from '../../kit/api/client'
import type { Capabilities, Message } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { deskChannels } from '../../kit/i18n/desk-channels'
import { pressed } from '../../kit/keys'
import { Button } from '../../kit/ui/button'
import { whyRefused } from '../../kit/ui/toast'
import { tooMuch } from '../composer/limits'
import { useDesk } from '../context'
import { editMessage } from './api'
import { wordsOf } from './changing'

const TALLEST = 240

/** Other words for a message that was sent, written in its own place. */
export function Editor({ message, can, onClose }: { message: Message; can: Capabilities; onClose: () => void }) {
  const { desk } = useDesk()
  const first = wordsOf(message) ?? ''
  // What the service would not take is what the person goes on with.
  const [text, setText] = useState(message.change?.what === 'edit' ? (message.change.text ?? first) : first)
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState('')
  const field = useRef<HTMLTextAreaElement>(null)
  const told = useId()
  const f = deskChannels().message
  const long = tooMuch(text, [], can)

  useLayoutEffect(() => {
    const box = field.current
    box?.focus()
    box?.setSelectionRange(box.value.length, box.value.length)
  }, [])
  useLayoutEffect(() => {
    const box = field.current
    if (!box) return
    box.style.height = 'auto'
    box.style.height = `${Math.min(TALLEST, box.scrollHeight)}px`
  }, [text])

  function leave() {
    onClose()
    requestAnimationFrame(() => document.querySelector<HTMLElement>('[data-composer]')?.focus())
  }

  async function save() {
    const next = text.trim()
    if (!next || long || busy) return
    if (next === first.trim()) return leave()
    setBusy(true)
    setFault('')
    try {
      await editMessage(desk, message, next)
      leave()
    } catch (error) {
      setBusy(false)
      if (!(error instanceof Refused)) throw error
      setFault(whyRefused(error))
    }
  }

  return (
    <div className="min-w-[min(360px,60vw)]">
      <textarea
        ref={field}
        data-message-editor
        rows={1}
        value={text}
        aria-label={f.editLabel}
        {...(fault || long ? { 'aria-describedby': told, 'aria-invalid': true } : {})}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return
          if (pressed(event, { code: 'Enter' }) || pressed(event, { code: 'NumpadEnter' })) {
            event.preventDefault()
            void save()
          } else if (pressed(event, { code: 'Escape' })) {
            event.preventDefault()
            event.stopPropagation()
            leave()
          }
        }}
        className="block w-full resize-none rounded-control border border-edge bg-pane px-3 py-2 text-body"
      />
      {(fault || long) && (
        <p id={told} role="alert" className="mt-1 text-second text-red">
          {fault || long}
        </p>
      )}
      <div className="mt-2 flex flex-wrap items-center justify-end gap-2">
        <span className="mr-auto text-caption text-ink2">{f.editKeys}</span>
        <Button onClick={leave}>{t.cancel}</Button>
        <Button look="main" disabled={busy || !text.trim() || !!long} onClick={() => void save()}>
          {t.save}
        </Button>
      </div>
    </div>
  )
}
