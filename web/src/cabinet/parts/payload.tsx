import { useState } from 'react'
import { s } from '../../kit/i18n/cabinet-settings'
import { whyRefused } from '../../kit/ui/toast'
import { Raw } from './raw'

/** A payload is read when somebody wants to see it. */
export function usePayload(read: () => Promise<string>) {
  const [text, setText] = useState<string | null>(null)
  const [open, setOpen] = useState(false)
  const turn = () => {
    setOpen(!open)
    if (text === null) read().then(setText, (error: unknown) => setText(whyRefused(error)))
  }
  return { text, open, turn }
}

export type Payloaded = ReturnType<typeof usePayload>

export function PayloadButton({ payload }: { payload: Payloaded }) {
  return (
    <button
      type="button"
      aria-expanded={payload.open}
      onClick={payload.turn}
      className="rounded-control text-second font-medium text-accent-text hover:underline"
    >
      {payload.open ? s().channels.hideRaw : s().channels.showRaw}
    </button>
  )
}

export function Payload({ payload }: { payload: Payloaded }) {
  if (!payload.open || payload.text === null) return null
  return (
    <div className="mt-2">
      <Raw title={s().channels.raw} text={payload.text} empty={s().channels.rawEmpty} />
    </div>
  )
}
