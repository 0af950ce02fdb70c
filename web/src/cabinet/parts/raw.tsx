import { Copy } from 'lucide-react'
import { IconButton } from '../../kit/ui/button'
import { s } from '../../kit/i18n/cabinet-settings'
import { copy } from './bits'
import { pretty } from './pretty'

/** What a service or a receiver sent, letter by letter; it is text here and nothing else. */
export function Raw({ title, text, empty }: { title: string; text: string; empty?: string }) {
  const shown = pretty(text)
  return (
    <div>
      <div className="mb-1 flex items-center gap-2">
        <p className="min-w-0 flex-1 text-second font-medium text-ink2">{title}</p>
        {text && (
          <IconButton label={s().copyRaw} onClick={() => copy(shown)}>
            <Copy size={15} />
          </IconButton>
        )}
      </div>
      {text ? (
        <pre
          tabIndex={0}
          role="region"
          aria-label={title}
          className="max-h-72 overflow-auto rounded-control bg-canvas p-3 font-mono text-caption break-words whitespace-pre-wrap"
        >
          {shown}
        </pre>
      ) : (
        <p className="text-second text-ink3">{empty}</p>
      )}
    </div>
  )
}
