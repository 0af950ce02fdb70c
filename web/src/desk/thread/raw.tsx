import { useEffect, useState } from 'react'
import { api, ask } from '../../kit/api/client'
import { t } from '../../kit/i18n'
import { Button } from '../../kit/ui/button'
import { Dialog } from '../../kit/ui/dialog'
import { toast, whyRefused } from '../../kit/ui/toast'

/** The service's own text of a message, as it came. */
export default function Raw({ message_id, onClose }: { message_id: string; onClose: () => void }) {
  const [raw, setRaw] = useState<string | null | undefined>()
  const [fault, setFault] = useState('')
  useEffect(() => {
    ask(api.GET('/api/v1/messages/{message_id}/raw', { params: { path: { message_id } } })).then(
      (body) => setRaw(body.raw ?? null),
      (error: unknown) => setFault(whyRefused(error)),
    )
  }, [message_id])
  return (
    <Dialog title={t.talk.thread.rawTitle} onClose={onClose} wide>
      {fault && (
        <p role="alert" className="text-second text-red">
          {fault}
        </p>
      )}
      {raw === null && <p className="text-second text-ink2">{t.talk.thread.rawNone}</p>}
      {raw && (
        <>
          <pre
            tabIndex={0}
            className="max-h-[56vh] overflow-auto rounded-control bg-canvas p-3 font-mono text-caption break-all whitespace-pre-wrap"
          >
            {pretty(raw)}
          </pre>
          <Button
            className="mt-3"
            onClick={() => void navigator.clipboard?.writeText(raw).then(() => toast(t.card.copied))}
          >
            {t.talk.thread.copyAll}
          </Button>
        </>
      )}
    </Dialog>
  )
}

function pretty(raw: string): string {
  try {
    return JSON.stringify(JSON.parse(raw), null, 2)
  } catch {
    return raw
  }
}
