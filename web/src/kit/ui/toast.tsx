import { X } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import { Refused } from '../api/client'
import { t, words } from '../i18n'
import { IconButton } from './button'

interface Toast {
  id: number
  text: string
  tone: 'plain' | 'bad'
  act?: { label: string; run: () => void }
}

let toasts: readonly Toast[] = []
let last = 0
const listeners = new Set<() => void>()

function set(next: readonly Toast[]) {
  toasts = next
  listeners.forEach((listener) => listener())
}

const dismiss = (id: number) => set(toasts.filter((toast) => toast.id !== id))

export function toast(text: string, more: { tone?: 'bad'; act?: Toast['act']; stay?: number } = {}) {
  const id = ++last
  set([...toasts.slice(-3), { id, text, tone: more.tone ?? 'plain', ...(more.act ? { act: more.act } : {}) }])
  setTimeout(() => dismiss(id), more.stay ?? (more.tone ? 8000 : 4000))
}

/** What a failed request says to a person. */
export function whyRefused(error: unknown): string {
  if (!(error instanceof Refused)) return t.errors.unknown
  if (error.status === 0) return t.errors.offline
  const first = error.problem?.errors?.[0]?.message
  return error.problem ? words(first ?? error.problem.detail) : t.errors.unknown
}

/** Shows why something could not be done. */
export function tellRefusal(error: unknown) {
  toast(whyRefused(error), { tone: 'bad' })
  if (!(error instanceof Refused)) throw error
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    () => toasts,
  )
  return (
    <div
      role="status"
      aria-live="polite"
      className="pointer-events-none fixed inset-x-3 bottom-4 z-50 flex flex-col items-center gap-2"
    >
      {shown.map((toast) => (
        <div
          key={toast.id}
          className={`float-in pointer-events-auto flex max-w-[560px] items-center gap-3 rounded-card border py-2 pr-2 pl-4 text-second shadow-float ${
            toast.tone === 'bad' ? 'border-red bg-red-soft text-red' : 'border-line bg-pane text-ink'
          }`}
        >
          <span className="min-w-0">{toast.text}</span>
          {toast.act && (
            <button
              type="button"
              className="rounded-control px-2 py-1 font-semibold whitespace-nowrap text-accent-text hover:bg-hover"
              onClick={() => {
                toast.act?.run()
                dismiss(toast.id)
              }}
            >
              {toast.act.label}
            </button>
          )}
          <IconButton label={t.close} onClick={() => dismiss(toast.id)}>
            <X size={16} />
          </IconButton>
        </div>
      ))}
    </div>
  )
}
