import { Dialog } from '@base-ui/react/dialog'
import { Download, FileText, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { api, ask } from '../../kit/api/client'
import type { Attachment } from '../../kit/api/types'
import { t, words } from '../../kit/i18n'
import { size } from '../../kit/i18n/format'
import { IconButton } from '../../kit/ui/button'

/** Signed addresses end after about an hour; ours are kept for less. */
const KEEP = 40 * 60_000
const kept = new Map<string, { url: string; until: number }>()

function useUrl(file: Attachment): string | null {
  const [url, setUrl] = useState<string | null>(() => {
    const held = kept.get(file.attachment_id)
    if (held && held.until > Date.now()) return held.url
    if (file.url) kept.set(file.attachment_id, { url: file.url, until: Date.now() + KEEP })
    return file.url ?? null
  })
  const id = file.attachment_id
  const ready = file.state === 'stored'
  useEffect(() => {
    if (url || !ready) return
    let gone = false
    const params = { path: { attachment_id: id } }
    ask(api.GET('/api/v1/attachments/{attachment_id}', { params })).then(
      (fresh) => {
        if (!fresh.url) return
        kept.set(id, { url: fresh.url, until: Date.now() + KEEP })
        if (!gone) setUrl(fresh.url)
      },
      () => {},
    )
    return () => {
      gone = true
    }
  }, [id, url, ready])
  return url
}

export function File({ file }: { file: Attachment }) {
  const url = useUrl(file)
  if (file.state === 'stored') {
    if (file.kind === 'image' || file.kind === 'sticker') return <Image file={file} url={url} />
    if (file.kind === 'voice' || file.kind === 'audio') {
      return (
        <div className="w-72 max-w-full">
          {file.kind === 'audio' && <div className="mb-1 truncate text-second font-medium">{file.name}</div>}
          {url ? <audio controls preload="metadata" src={url} className="h-10 w-full" /> : <div className="h-10" />}
        </div>
      )
    }
    if (file.kind === 'video' || file.kind === 'video_note') {
      return (
        <video
          controls
          preload="metadata"
          {...(url ? { src: url } : {})}
          className="max-h-80 w-full max-w-80 rounded-control bg-canvas"
        />
      )
    }
  }
  return (
    <div className="flex min-w-56 items-center gap-3">
      <span className="grid size-10 shrink-0 place-items-center rounded-control bg-red-soft text-red">
        <FileText size={20} aria-hidden="true" />
      </span>
      <span className="min-w-0 flex-1">
        <span className="block truncate text-second font-semibold">{file.name || t.chat.file}</span>
        <span className="num block text-caption text-ink2">
          {file.state === 'pending'
            ? t.chat.filePending
            : file.state === 'failed'
              ? file.failure
                ? words(file.failure)
                : t.chat.fileFailed
              : file.size
                ? size(file.size)
                : ''}
        </span>
      </span>
      {url && file.state === 'stored' && (
        <a
          href={url}
          download={file.name}
          aria-label={t.chat.download(file.name)}
          className="grid size-8 place-items-center rounded-control text-ink2 hover:bg-hover"
        >
          <Download size={17} aria-hidden="true" />
        </a>
      )}
    </div>
  )
}

function Image({ file, url }: { file: Attachment; url: string | null }) {
  const [open, setOpen] = useState(false)
  const width = Math.min(file.width ?? 280, 320)
  const height = file.width && file.height ? Math.min(360, (width * file.height) / file.width) : undefined
  return (
    <>
      <button
        type="button"
        aria-label={t.chat.openImage(file.name)}
        onClick={() => setOpen(true)}
        className="block overflow-hidden rounded-control bg-canvas"
        style={{ width, height, maxWidth: '100%', minHeight: 48 }}
      >
        {url && <img src={url} alt={file.name} className="size-full object-cover" />}
      </button>
      {open && url && (
        <Dialog.Root open onOpenChange={setOpen}>
          <Dialog.Portal>
            <Dialog.Backdrop className="fixed inset-0 z-40 bg-[rgb(0_0_0/0.8)]" />
            <Dialog.Popup
              aria-label={file.name}
              className="fixed inset-0 z-50 grid place-items-center p-6 outline-none"
              onClick={() => setOpen(false)}
            >
              <img src={url} alt={file.name} className="max-h-full max-w-full rounded-control object-contain" />
              <IconButton label={t.close} className="absolute top-4 right-4 bg-pane" onClick={() => setOpen(false)}>
                <X size={18} />
              </IconButton>
            </Dialog.Popup>
          </Dialog.Portal>
        </Dialog.Root>
      )}
    </>
  )
}
