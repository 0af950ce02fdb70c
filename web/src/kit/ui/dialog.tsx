import { Dialog as Base } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { t } from '../i18n'
import { IconButton } from './button'

export function Dialog({
  title,
  onClose,
  children,
  wide,
}: {
  title: string
  onClose: () => void
  children: ReactNode
  wide?: boolean
}) {
  return (
    <Base.Root open onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-[rgb(0_0_0/0.45)]" />
        <Base.Popup
          className={`float-in fixed inset-x-3 top-[8vh] z-50 mx-auto flex max-h-[84vh] flex-col rounded-card border border-line bg-pane shadow-float outline-none ${wide ? 'max-w-[640px]' : 'max-w-[480px]'}`}
        >
          <header className="flex items-center gap-2 px-5 pt-4 pb-2">
            <Base.Title className="min-w-0 flex-1 text-heading font-semibold">{title}</Base.Title>
            <IconButton label={t.close} onClick={onClose}>
              <X size={18} />
            </IconButton>
          </header>
          <div className="min-h-0 overflow-y-auto px-5 pt-1 pb-5">{children}</div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}
