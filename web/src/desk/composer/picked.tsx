import { FileText, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { t } from '../../kit/i18n'
import { size } from '../../kit/i18n/format'
import { IconButton } from '../../kit/ui/button'

/** A file that goes with the answer, seen before it is sent. */
export function Picked({ file, bad, onDrop }: { file: File; bad: boolean; onDrop: () => void }) {
  const [preview, setPreview] = useState('')
  const image = file.type.startsWith('image/')
  useEffect(() => {
    if (!image) return
    const url = URL.createObjectURL(file)
    setPreview(url)
    return () => URL.revokeObjectURL(url)
  }, [file, image])
  return (
    <li
      className={`flex items-center gap-2 rounded-control border bg-raised py-1 pr-1 pl-1.5 ${bad ? 'border-red' : 'border-line'}`}
    >
      {preview ? (
        <img src={preview} alt="" className="size-11 rounded-[6px] object-cover" />
      ) : (
        <span className="grid size-11 place-items-center rounded-[6px] bg-hover text-ink3">
          <FileText size={20} aria-hidden="true" />
        </span>
      )}
      <span className="max-w-44 min-w-0">
        <span className="block truncate text-second font-medium">{file.name}</span>
        <span className={`num block text-caption ${bad ? 'text-red' : 'text-ink3'}`}>{size(file.size)}</span>
      </span>
      <IconButton label={t.composer.dropFile(file.name)} className="size-7" onClick={onDrop}>
        <X size={15} />
      </IconButton>
    </li>
  )
}
