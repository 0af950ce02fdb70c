import { Download, FileArchive, FileSpreadsheet, FileText } from 'lucide-react'
import type { Attachment } from '../../kit/api/types'
import { t, words } from '../../kit/i18n'
import { size } from '../../kit/i18n/format'
import { useUrl } from './attachment-url'
import { useLook } from './look'
import { Voice } from './voice'

export const isImage = (file: Attachment) =>
  file.state === 'stored' && (file.kind === 'image' || file.kind === 'sticker')

export function File({ file }: { file: Attachment }) {
  const url = useUrl(file)
  if (file.state === 'stored') {
    if (isImage(file)) return <Image file={file} url={url} />
    if (file.kind === 'voice' || file.kind === 'audio') return <Voice file={file} url={url} />
    if (file.kind === 'video' || file.kind === 'video_note') {
      return (
        <video
          controls
          preload="metadata"
          aria-label={file.name || t.chat.file}
          {...(url ? { src: url } : {})}
          className={`max-h-80 bg-canvas ${file.kind === 'video_note' ? 'aspect-square w-56 rounded-full object-cover' : 'w-full max-w-80 rounded-control'}`}
        />
      )
    }
  }
  return (
    <div className="flex min-w-56 items-center gap-3">
      <span className="grid size-10 shrink-0 place-items-center rounded-control bg-red-soft text-red">
        <Sort file={file} />
      </span>
      <span className="min-w-0 flex-1">
        <span className="block text-second font-semibold break-words">{file.name || t.chat.file}</span>
        <span className="num block text-caption text-ink2">{told(file)}</span>
      </span>
      {url && file.state === 'stored' && (
        <a
          href={url}
          download={file.name}
          aria-label={t.chat.download(file.name)}
          title={t.chat.download(file.name)}
          className="grid size-8 shrink-0 place-items-center rounded-control text-ink2 hover:bg-hover"
        >
          <Download size={17} aria-hidden="true" />
        </a>
      )}
    </div>
  )
}

function told(file: Attachment): string {
  switch (file.state) {
    case 'pending':
      return t.chat.filePending
    case 'failed':
      return file.failure ? words(file.failure) : t.chat.fileFailed
    case 'stored':
      return file.size ? size(file.size) : ''
  }
}

function Sort({ file }: { file: Attachment }) {
  if (/sheet|excel|csv/.test(file.mime)) return <FileSpreadsheet size={20} aria-hidden="true" />
  if (/zip|rar|7z|tar|compress/.test(file.mime)) return <FileArchive size={20} aria-hidden="true" />
  return <FileText size={20} aria-hidden="true" />
}

function Image({ file, url }: { file: Attachment; url: string | null }) {
  const { openImage } = useLook()
  const most = file.kind === 'sticker' ? 160 : 320
  const width = Math.min(file.width ?? Math.min(280, most), most)
  const height = file.width && file.height ? Math.min(360, (width * file.height) / file.width) : undefined
  return (
    <button
      type="button"
      aria-label={t.chat.openImage(file.name)}
      onClick={() => openImage(file.attachment_id)}
      className={`block overflow-hidden rounded-control ${file.kind === 'sticker' ? '' : 'bg-canvas'}`}
      style={{ width, height, maxWidth: '100%', minHeight: 48 }}
    >
      {url && <img src={url} alt={file.name} className="size-full object-cover" />}
    </button>
  )
}
