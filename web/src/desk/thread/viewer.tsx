import { Dialog } from '@base-ui/react/dialog'
import { ChevronLeft, ChevronRight, Download, Minus, Plus, Scan, X } from 'lucide-react'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import type { Attachment } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { useUrl } from './attachment-url'

const LARGEST = 6
const STEP = 1.4

/** Images of a conversation one by one, larger and smaller, dragged when larger than the window. */
export default function Viewer({
  files,
  first,
  onClose,
}: {
  files: readonly Attachment[]
  first: string
  onClose: () => void
}) {
  const [at, setAt] = useState(() => Math.max(0, files.findIndex((file) => file.attachment_id === first)))
  const file = files[at]
  const step = (by: number) => setAt((now) => Math.min(files.length - 1, Math.max(0, now + by)))
  if (!file) return null
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-[rgb(8_12_16/0.92)]" />
        <Dialog.Popup
          aria-label={t.talk.viewer.title(at + 1, files.length)}
          className="fixed inset-0 z-50 outline-none"
          onKeyDown={(event) => {
            if (event.code === 'ArrowLeft') step(-1)
            else if (event.code === 'ArrowRight') step(1)
            else return
            event.preventDefault()
          }}
        >
          <Picture
            key={file.attachment_id}
            file={file}
            count={files.length > 1 ? `${at + 1} / ${files.length}` : ''}
            onClose={onClose}
          />
          {at > 0 && (
            <Round label={t.talk.viewer.previous} className="absolute top-1/2 left-3 -translate-y-1/2" onClick={() => step(-1)}>
              <ChevronLeft size={24} />
            </Round>
          )}
          {at < files.length - 1 && (
            <Round label={t.talk.viewer.next} className="absolute top-1/2 right-3 -translate-y-1/2" onClick={() => step(1)}>
              <ChevronRight size={24} />
            </Round>
          )}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function Picture({ file, count, onClose }: { file: Attachment; count: string; onClose: () => void }) {
  const url = useUrl(file)
  const [scale, setScale] = useState(1)
  const [shift, setShift] = useState({ x: 0, y: 0 })
  const held = useRef<{ x: number; y: number; moved: boolean } | null>(null)
  const zoom = (by: number) => {
    setScale((now) => {
      const next = Math.min(LARGEST, Math.max(1, now * by))
      if (next === 1) setShift({ x: 0, y: 0 })
      return next
    })
  }
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return
      if (event.code === 'Equal' || event.code === 'NumpadAdd') zoom(STEP)
      else if (event.code === 'Minus' || event.code === 'NumpadSubtract') zoom(1 / STEP)
      else if (event.code === 'Digit0' || event.code === 'Numpad0') zoom(0)
      else return
      event.preventDefault()
    }
    addEventListener('keydown', listen)
    return () => removeEventListener('keydown', listen)
  }, [])

  return (
    <>
      <div
        className={`absolute inset-0 grid touch-none place-items-center overflow-hidden px-14 py-14 max-[899px]:px-2 ${scale > 1 ? 'cursor-grab' : 'cursor-zoom-in'}`}
        onWheel={(event) => zoom(event.deltaY < 0 ? STEP : 1 / STEP)}
        onPointerDown={(event) => {
          held.current = { x: event.clientX, y: event.clientY, moved: false }
          event.currentTarget.setPointerCapture(event.pointerId)
        }}
        onPointerMove={(event) => {
          const from = held.current
          if (!from) return
          const [x, y] = [event.clientX - from.x, event.clientY - from.y]
          if (!from.moved && Math.abs(x) + Math.abs(y) < 4) return
          held.current = { x: event.clientX, y: event.clientY, moved: true }
          if (scale > 1) setShift((now) => ({ x: now.x + x, y: now.y + y }))
        }}
        onPointerUp={(event) => {
          const from = held.current
          held.current = null
          if (!from || from.moved) return
          if (hit(event.currentTarget, event)) zoom(scale > 1 ? 0 : STEP * STEP)
          else onClose()
        }}
      >
        {url && (
          <img
            src={url}
            alt={file.name}
            draggable={false}
            className="max-h-full max-w-full rounded-control object-contain select-none"
            style={{ transform: `translate(${shift.x}px, ${shift.y}px) scale(${scale})` }}
          />
        )}
      </div>
      <div className="absolute inset-x-0 top-0 flex items-center gap-2 p-3 text-white">
        <span className="min-w-0 flex-1 truncate text-second">
          {file.name} <span className="num opacity-70">{count}</span>
        </span>
        <Round label={t.talk.viewer.zoomOut} disabled={scale === 1} onClick={() => zoom(1 / STEP)}>
          <Minus size={18} />
        </Round>
        <Round label={t.talk.viewer.zoomIn} disabled={scale === LARGEST} onClick={() => zoom(STEP)}>
          <Plus size={18} />
        </Round>
        <Round label={t.talk.viewer.actual} disabled={scale === 1} onClick={() => zoom(0)}>
          <Scan size={18} />
        </Round>
        {url && (
          <a
            href={url}
            download={file.name}
            aria-label={t.chat.download(file.name)}
            title={t.talk.viewer.download}
            className={round}
          >
            <Download size={18} aria-hidden="true" />
          </a>
        )}
        <Round label={t.close} onClick={onClose}>
          <X size={20} />
        </Round>
      </div>
      <p className="absolute inset-x-0 bottom-3 text-center text-caption text-white opacity-70 max-[899px]:hidden">
        {t.talk.viewer.keys}
      </p>
    </>
  )
}

/** Whether a pointer is on the picture itself, not beside it. */
function hit(box: HTMLElement, { clientX, clientY }: { clientX: number; clientY: number }): boolean {
  const rect = box.querySelector('img')?.getBoundingClientRect()
  return !!rect && clientX >= rect.left && clientX <= rect.right && clientY >= rect.top && clientY <= rect.bottom
}

const round =
  'grid size-10 shrink-0 place-items-center rounded-full bg-[rgb(255_255_255/0.12)] text-white hover:bg-[rgb(255_255_255/0.24)] disabled:opacity-40'

function Round({
  label,
  className = '',
  children,
  onClick,
  disabled,
}: {
  label: string
  className?: string
  children: ReactNode
  onClick: () => void
  disabled?: boolean
}) {
  return (
    <button type="button" aria-label={label} title={label} disabled={disabled} onClick={onClick} className={`${round} ${className}`}>
      {children}
    </button>
  )
}
