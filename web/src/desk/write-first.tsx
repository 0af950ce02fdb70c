import { useEffect, useState } from 'react'
import { api, ask, Refused } from '../kit/api/client'
import type { Contact } from '../kit/api/types'
import { t } from '../kit/i18n'
import { phone } from '../kit/i18n/format'
import { Avatar } from '../kit/ui/avatar'
import { Button } from '../kit/ui/button'
import { ChannelBadge, signOf } from '../kit/ui/channel-badge'
import { Dialog } from '../kit/ui/dialog'
import { Field, inputClass, TextField } from '../kit/ui/field'
import { whyRefused } from '../kit/ui/toast'
import { useDesk, useDeskState } from './context'
import { openContact } from './list/person'
import { nameOf } from './list/row'
import { readAddress, type Way, wayOf } from './address'
import { fullness, tooMuch } from './composer/limits'
import { NumberWarning } from './numbers/warning'

const LABEL: Record<Way, () => string> = {
  email: () => t.shell.write.email,
  phone: () => t.shell.write.phone,
  either: () => t.shell.write.either,
}
const BAD: Record<Way, () => string> = {
  email: () => t.shell.write.badEmail,
  phone: () => t.shell.write.badPhone,
  either: () => t.shell.write.badEither,
}
/** Kinds where strangers complain and accounts are blocked for it. */
const DELICATE = new Set(['whatsapp_web', 'telegram'])

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
  const last = useDeskState((state) => state.preferences.writeFrom)
  const able = [...channels.values()].filter((one) => one.state !== 'disabled' && kinds.get(one.kind)?.write_first)
  const [picked, pick] = useState<string | null>(start?.channel ?? null)
  const [to, setTo] = useState(start?.to ?? '')
  const [text, setText] = useState('')
  const [left, setLeft] = useState(false)
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState('')
  const chosen = able.find((one) => one.channel_id === (picked ?? last)) ?? able.find((one) => one.state === 'connected') ?? able[0]
  const way = wayOf(chosen?.kind ?? '')
  const address = readAddress(way, to)
  // Who was given is known anyway.
  const known = useKnown(start?.to === to ? null : address)
  const w = t.shell.write

  if (!chosen) {
    return (
      <Dialog title={t.write.title} onClose={onClose}>
        <p className="text-ink2">{t.write.noChannel}</p>
      </Dialog>
    )
  }
  const capabilities = kinds.get(chosen.kind)
  const long = tooMuch(text, [], capabilities)

  async function write(form: FormData, channel_id: string) {
    if (!address) return setLeft(true)
    if (long) return
    setBusy(true)
    setFault('')
    const value = (key: string) => String(form.get(key) ?? '').trim()
    try {
      const subject = capabilities?.subject ? value('subject') || null : null
      const made = await desk.writeFirst({ channel_id, to: address, name: value('name'), text: value('text'), subject })
      desk.settings.set({ writeFrom: channel_id })
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
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          void write(new FormData(event.currentTarget), chosen.channel_id)
        }}
      >
        <fieldset>
          <legend className="mb-1 text-second font-medium text-ink2">{w.channel}</legend>
          <div className="max-h-44 space-y-1 overflow-y-auto p-0.5">
            {able.map((one) => (
              <label
                key={one.channel_id}
                className={`flex cursor-pointer items-center gap-2.5 rounded-control border px-3 py-2 text-second has-focus-visible:outline-2 has-focus-visible:outline-accent ${one === chosen ? 'border-accent bg-accent-soft' : 'border-edge hover:bg-hover'}`}
              >
                <input
                  type="radio"
                  name="channel"
                  className="sr-only"
                  checked={one === chosen}
                  onChange={() => pick(one.channel_id)}
                />
                <ChannelBadge kind={signOf(one)} />
                <span className="min-w-0 flex-1 truncate">{one.name}</span>
                {one.state !== 'connected' && <span className="text-caption text-amber">{w.stopped}</span>}
              </label>
            ))}
          </div>
          <p className="mt-1 text-caption text-ink3">{w.why}</p>
        </fieldset>
        <TextField
          label={LABEL[way]()}
          name="to"
          required
          autoFocus
          autoComplete="off"
          inputMode={way === 'email' ? 'email' : way === 'phone' ? 'tel' : 'text'}
          value={to}
          onChange={(event) => setTo(event.target.value)}
          onBlur={() => setLeft(to.trim() !== '')}
          error={left && !address ? BAD[way]() : undefined}
          help={address && address !== to.trim() ? w.reads(phone(address)) : undefined}
        />
        <NumberWarning channel={chosen} to={address} />
        {known && (
          <div className="flex items-center gap-2.5 rounded-control bg-raised px-3 py-2 text-second">
            <Avatar name={nameOf(known.name)} size="small" />
            <span className="min-w-0 flex-1">
              <span className="block truncate font-medium">{nameOf(known.name)}</span>
              <span className="text-caption text-ink3">{w.known}</span>
            </span>
            <Button
              look="quiet"
              onClick={() => {
                onClose()
                void openContact(known.contact_id)
              }}
            >
              {w.open}
            </Button>
          </div>
        )}
        <TextField label={t.write.name} name="name" key={known?.contact_id ?? 'new'} defaultValue={known?.name ?? start?.name ?? ''} maxLength={200} />
        {capabilities?.subject && <TextField label={t.write.subject} name="subject" maxLength={500} />}
        <Field
          label={t.write.text}
          required
          help={fullness(text, 0, capabilities)?.told ?? (DELICATE.has(chosen.kind) ? w.firstMessage : undefined)}
          error={long ?? undefined}
        >
          {(ids) => (
            <textarea
              {...ids}
              name="text"
              required
              rows={4}
              value={text}
              onChange={(event) => setText(event.target.value)}
              className={`${inputClass} py-2`}
            />
          )}
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

/** The customer who has this address already. */
function useKnown(address: string | null): Contact | null {
  const [known, setKnown] = useState<Contact | null>(null)
  useEffect(() => {
    setKnown(null)
    if (!address) return
    const abort = new AbortController()
    const timer = setTimeout(() => {
      const params = { query: { q: address.replace(/^@/, ''), limit: 5 } }
      ask(api.GET('/api/v1/search', { params, signal: abort.signal })).then(
        ({ contacts }) => setKnown(contacts.find((one) => has(one, address)) ?? null),
        (error: unknown) => {
          if (!(error instanceof Refused)) throw error
        },
      )
    }, 400)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [address])
  return known
}

const digits = (text: string) => text.replace(/\D/g, '')

const has = (contact: Contact, address: string) =>
  contact.emails.includes(address) ||
  contact.phones.some((one) => address.startsWith('+') && digits(one) === digits(address)) ||
  contact.identities.some(({ username }) => username && `@${username.replace(/^@/, '').toLowerCase()}` === address.toLowerCase())
