import { ArrowLeft, Copy, ExternalLink, RefreshCw } from 'lucide-react'
import { useState } from 'react'
import { api, ask, fieldErrors } from '../kit/api/client'
import type { ChannelDetails, ChannelKind, Employee, Words } from '../kit/api/types'
import { t, words } from '../kit/i18n'
import { moment } from '../kit/i18n/format'
import { Link } from '../kit/link'
import { go } from '../kit/route'
import { Button, buttonClass } from '../kit/ui/button'
import { ChannelBadge } from '../kit/ui/channel-badge'
import { Dialog } from '../kit/ui/dialog'
import { Field, inputClass, TextField } from '../kit/ui/field'
import { tellRefusal, toast, whyRefused } from '../kit/ui/toast'
import { useFeed } from './feed'
import { FirstMessage } from './first-message'
import { readKinds } from './kinds'
import { Faulty, useLoaded } from './load'
import { type Answers, firstAnswers, sentAnswers, SettingsForm } from './settings-form'
import { Reason, StateChip } from './state-chip'

interface Loaded {
  channel: ChannelDetails
  kind: ChannelKind
  employees: Employee[]
}

export function ChannelPage({ id }: { id: string }) {
  const params = { path: { channel_id: id } }
  const { data, setData, fault, again } = useLoaded(async (): Promise<Loaded | null> => {
    const [kinds, channel, people] = await Promise.all([
      readKinds(),
      ask(api.GET('/api/v1/channels/{channel_id}', { params })),
      ask(api.GET('/api/v1/employees', { params: { query: { limit: 100 } } })),
    ])
    const kind = kinds.find((one) => one.kind === channel.kind)
    return kind ? { channel, kind, employees: people.items } : null
  })
  // Read anew: an event that came while the page was being read would be lost otherwise.
  useFeed((frame) => {
    const ours = frame.kind === 'channel.changed' && frame.data.channel.channel_id === id
    if (ours || frame.kind === 'resync') again()
  })
  if (fault && !data) return <Faulty fault={fault} again={again} />
  if (!data) return null
  const { channel, kind, employees } = data
  const put = (next: ChannelDetails) => setData({ ...data, channel: next })
  const deed = (request: Promise<ChannelDetails>) => void request.then(put, tellRefusal)
  return (
    <>
      <Link
        href="/cabinet/channels"
        className="mb-3 inline-flex items-center gap-1.5 rounded-control text-second text-ink2 hover:text-ink"
      >
        <ArrowLeft size={15} />
        {t.cabinet.channels}
      </Link>
      <header className="mb-5 flex max-w-[640px] flex-wrap items-center gap-3">
        <ChannelBadge kind={channel.kind} size="size-10" />
        <div className="min-w-0 flex-1">
          <h1 className="truncate text-page font-semibold">{channel.name}</h1>
          <p className="num text-second text-ink3">
            {words(kind.title)}
            {channel.title && channel.title !== channel.name && ` · ${channel.title}`}
            {` · ${t.cabinet.stateSince(moment(channel.state_at))}`}
          </p>
        </div>
        <span aria-live="polite">
          <StateChip state={channel.state} />
        </span>
      </header>
      <div className="grid max-w-[640px] grid-cols-[minmax(0,1fr)] gap-4">
        <Reason channel={channel} />
        {channel.state === 'connected' && <FirstMessage channel={channel} />}
        {channel.kind === 'widget' && <Snippet channel={channel} />}
        <Settings key={channel.revision} channel={channel} kind={kind} employees={employees} onSaved={put} />
        <section className="rounded-card border border-line bg-pane p-6">
          <h2 className="mb-3 text-heading font-semibold">{t.cabinet.connection}</h2>
          <div className="flex flex-wrap gap-2">
            <Button onClick={() => deed(ask(api.POST('/api/v1/channels/{channel_id}/reconnect', { params })))}>
              <RefreshCw size={15} aria-hidden="true" />
              {channel.state === 'disabled' ? t.cabinet.enable : t.cabinet.reconnect}
            </Button>
            {channel.state !== 'disabled' && (
              <Button onClick={() => deed(ask(api.POST('/api/v1/channels/{channel_id}/disable', { params })))}>
                {t.cabinet.disable}
              </Button>
            )}
            <Delete channel={channel} />
          </div>
        </section>
      </div>
    </>
  )
}

function Settings({
  channel,
  kind,
  employees,
  onSaved,
}: {
  channel: ChannelDetails
  kind: ChannelKind
  employees: Employee[]
  onSaved: (channel: ChannelDetails) => void
}) {
  const [name, setName] = useState(channel.name)
  const [pinned, setPinned] = useState(channel.pinned_employee_id ?? '')
  const [minutes, setMinutes] = useState(channel.auto_close_minutes ? String(channel.auto_close_minutes) : '')
  const first = firstAnswers(kind.form.fields, channel)
  const [answers, setAnswers] = useState<Answers>(first)
  const [errors, setErrors] = useState(new Map<string, Words>())
  const [fault, setFault] = useState('')
  const [busy, setBusy] = useState(false)
  const settingsChanged = JSON.stringify(answers) !== JSON.stringify(first)
  const changed =
    settingsChanged ||
    name !== channel.name ||
    pinned !== (channel.pinned_employee_id ?? '') ||
    minutes !== (channel.auto_close_minutes ? String(channel.auto_close_minutes) : '')
  const told = (field: string) => {
    const error = errors.get(field)
    return error && words(error)
  }

  async function save() {
    setBusy(true)
    setFault('')
    setErrors(new Map())
    try {
      const body = {
        name,
        pinned_employee_id: pinned || null,
        auto_close_minutes: minutes ? Number(minutes) : null,
        ...(settingsChanged ? { settings: sentAnswers(kind.form.fields, answers) } : {}),
      }
      const params = { path: { channel_id: channel.channel_id } }
      onSaved(await ask(api.PATCH('/api/v1/channels/{channel_id}', { params, body })))
      toast(t.cabinet.saved)
    } catch (error) {
      const named = fieldErrors(error)
      setErrors(named)
      setFault(named.size > 0 ? t.cabinet.checkFields : whyRefused(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    <form
      className="rounded-card border border-line bg-pane"
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <div className="space-y-4 p-6">
        <h2 className="text-heading font-semibold">{t.cabinet.settings}</h2>
        <TextField
          label={t.cabinet.channelName}
          help={t.cabinet.channelNameHelp}
          error={told('name')}
          value={name}
          required
          onChange={(event) => setName(event.target.value)}
        />
        <Field label={t.cabinet.pinned} help={t.cabinet.pinnedHelp} error={told('pinned_employee_id')}>
          {(ids) => (
            <select
              {...ids}
              value={pinned}
              onChange={(event) => setPinned(event.target.value)}
              className={`${inputClass} h-10`}
            >
              <option value="">{t.cabinet.notPinned}</option>
              {employees
                .filter((one) => !one.disabled)
                .map((one) => (
                  <option key={one.employee_id} value={one.employee_id}>
                    {one.name}
                  </option>
                ))}
            </select>
          )}
        </Field>
        <TextField
          label={t.cabinet.autoClose}
          help={t.cabinet.autoCloseHelp}
          error={told('auto_close_minutes')}
          type="number"
          min={1}
          value={minutes}
          onChange={(event) => setMinutes(event.target.value)}
          className="max-w-40"
        />
        <SettingsForm
          kind={kind}
          answers={answers}
          errors={errors}
          secrets={channel.secrets}
          onChange={setAnswers}
        />
        {fault && (
          <p role="alert" className="rounded-control bg-red-soft px-3 py-2 text-second text-red">
            {fault}
          </p>
        )}
      </div>
      {changed && (
        <div className="sticky bottom-0 flex gap-2 rounded-b-card border-t border-line bg-pane px-6 py-3">
          <Button type="submit" look="main" disabled={busy}>
            {t.save}
          </Button>
          <Button
            onClick={() => {
              setName(channel.name)
              setPinned(channel.pinned_employee_id ?? '')
              setMinutes(channel.auto_close_minutes ? String(channel.auto_close_minutes) : '')
              setAnswers(first)
            }}
          >
            {t.cancel}
          </Button>
        </div>
      )}
    </form>
  )
}

function Snippet({ channel }: { channel: ChannelDetails }) {
  const code = `<script async src="${location.origin}/widget/${channel.hook_key}.js"></script>`
  return (
    <section className="rounded-card border border-line bg-pane p-6">
      <h2 className="text-heading font-semibold">{t.cabinet.snippet}</h2>
      <p className="mt-1 mb-3 text-second text-ink2">{t.cabinet.snippetHelp}</p>
      <pre className="overflow-x-auto rounded-control bg-canvas p-3 font-mono text-caption" tabIndex={0}>
        {code}
      </pre>
      <div className="mt-3 flex flex-wrap gap-2">
        <Button onClick={() => navigator.clipboard?.writeText(code).then(() => toast(t.card.copied))}>
          <Copy size={15} aria-hidden="true" />
          {t.cabinet.copyCode}
        </Button>
        <a
          href={`/widget/${channel.hook_key}/test.html`}
          target="_blank"
          rel="noreferrer"
          className={buttonClass('soft')}
        >
          <ExternalLink size={15} aria-hidden="true" />
          {t.cabinet.testPage}
        </a>
      </div>
    </section>
  )
}

function Delete({ channel }: { channel: ChannelDetails }) {
  const [asking, setAsking] = useState(false)
  const remove = () => {
    const params = { path: { channel_id: channel.channel_id } }
    ask(api.DELETE('/api/v1/channels/{channel_id}', { params })).then(() => {
      toast(t.cabinet.deleted(channel.name))
      go('/cabinet/channels', 'replace')
    }, tellRefusal)
  }
  return (
    <>
      <Button look="danger" onClick={() => setAsking(true)}>
        {t.cabinet.deleteChannel}
      </Button>
      {asking && (
        <Dialog title={t.cabinet.deleteAsk(channel.name)} onClose={() => setAsking(false)}>
          <p className="mb-4 text-ink2">{t.cabinet.deleteHelp}</p>
          <div className="flex justify-end gap-2">
            <Button onClick={() => setAsking(false)}>{t.cancel}</Button>
            <Button look="danger" onClick={remove}>
              {t.cabinet.deleteChannel}
            </Button>
          </div>
        </Dialog>
      )}
    </>
  )
}
