import { useState } from 'react'
import { t } from '../kit/i18n'
import { Button } from '../kit/ui/button'
import { Dialog } from '../kit/ui/dialog'
import { Field, inputClass, TextField } from '../kit/ui/field'
import { whyRefused } from '../kit/ui/toast'
import { useDesk, useDeskState } from './context'

/** To write to a person first, through a channel that can. */
export function WriteFirst({
  start,
  onClose,
  onDone,
}: {
  /** What is known already: the channel, the address, the name. */
  start?: { channel: string; to: string; name: string }
  onClose: () => void
  onDone: (id: string) => void
}) {
  const { desk } = useDesk()
  const channels = useDeskState((state) => state.channels)
  const kinds = useDeskState((state) => state.kinds)
  const able = [...channels.values()].filter(
    (channel) => channel.state !== 'disabled' && kinds.get(channel.kind)?.write_first,
  )
  const [channel, setChannel] = useState(start?.channel ?? able[0]?.channel_id ?? '')
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState('')
  const chosen = channels.get(channel)
  const subject = !!chosen && !!kinds.get(chosen.kind)?.subject

  if (able.length === 0) {
    return (
      <Dialog title={t.write.title} onClose={onClose}>
        <p className="text-ink2">{t.write.noChannel}</p>
      </Dialog>
    )
  }

  async function write(form: FormData) {
    setBusy(true)
    setFault('')
    const value = (key: string) => String(form.get(key) ?? '').trim()
    try {
      const made = await desk.writeFirst({
        channel_id: channel,
        to: value('to'),
        name: value('name'),
        text: value('text'),
        subject: subject ? value('subject') || null : null,
      })
      onDone(made.conversation_id)
    } catch (error) {
      setFault(whyRefused(error))
      setBusy(false)
    }
  }

  return (
    <Dialog title={t.write.title} onClose={onClose}>
      <form
        className="space-y-3"
        onSubmit={(event) => {
          event.preventDefault()
          void write(new FormData(event.currentTarget))
        }}
      >
        <Field label={t.write.channel}>
          {(ids) => (
            <select
              {...ids}
              value={channel}
              onChange={(event) => setChannel(event.target.value)}
              className={`${inputClass} h-10`}
            >
              {able.map((one) => (
                <option key={one.channel_id} value={one.channel_id}>
                  {one.name}
                </option>
              ))}
            </select>
          )}
        </Field>
        <TextField label={chosen?.kind === 'email' ? t.write.toEmail : t.write.to} name="to" required defaultValue={start?.to} autoFocus={!start} />
        <TextField label={t.write.name} name="name" defaultValue={start?.name} />
        {subject && <TextField label={t.write.subject} name="subject" />}
        <Field label={t.write.text} required>
          {(ids) => <textarea {...ids} name="text" required rows={4} autoFocus={!!start} className={`${inputClass} py-2`} />}
        </Field>
        {fault && (
          <p role="alert" className="rounded-control bg-red-soft px-3 py-2 text-second text-red">
            {fault}
          </p>
        )}
        <div className="flex justify-end gap-2 pt-1">
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button type="submit" look="main" disabled={busy}>
            {t.write.send}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
