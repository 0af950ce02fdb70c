import { useState } from 'react'
import { api, ask, fieldErrors } from '../kit/api/client'
import type { ChannelKind, Words } from '../kit/api/types'
import { t, words } from '../kit/i18n'
import { Link } from '../kit/link'
import { go } from '../kit/route'
import { Button, buttonClass } from '../kit/ui/button'
import { ChannelBadge } from '../kit/ui/channel-badge'
import { TextField } from '../kit/ui/field'
import { whyRefused } from '../kit/ui/toast'
import { Catalogue } from './channels'
import { readKinds } from './kinds'
import { Faulty, PageHead, useLoaded } from './load'
import { type Answers, firstAnswers, sentAnswers, SettingsForm } from './settings-form'

export function Connect({ kind }: { kind: string }) {
  const { data, fault, again } = useLoaded(readKinds)
  if (fault && !data) return <Faulty fault={fault} again={again} />
  if (!data) return null
  const chosen = data.find((one) => one.kind === kind)
  if (!chosen) {
    return (
      <>
        <PageHead title={t.cabinet.catalogue} />
        <Catalogue kinds={data} />
      </>
    )
  }
  return <NewChannel key={kind} kind={chosen} />
}

function NewChannel({ kind }: { kind: ChannelKind }) {
  const [name, setName] = useState(words(kind.title))
  const [answers, setAnswers] = useState<Answers>(() => firstAnswers(kind.form.fields))
  const [errors, setErrors] = useState(new Map<string, Words>())
  const [fault, setFault] = useState('')
  const [busy, setBusy] = useState(false)

  async function connect() {
    setBusy(true)
    setFault('')
    setErrors(new Map())
    try {
      const settings = sentAnswers(kind.form.fields, answers)
      const made = await ask(api.POST('/api/v1/channels', { body: { kind: kind.kind, name, settings } }))
      go(`/cabinet/channels/${made.channel_id}`, 'replace')
    } catch (error) {
      const named = fieldErrors(error)
      setErrors(named)
      if (named.size === 0) setFault(whyRefused(error))
      else setFault(t.cabinet.checkFields)
      setBusy(false)
    }
  }

  const wrongName = errors.get('name')
  return (
    <>
      <div className="mb-5 flex items-center gap-3">
        <ChannelBadge kind={kind.kind} size="size-10" />
        <h1 className="text-page font-semibold">{words(kind.title)}</h1>
      </div>
      <form
        className="max-w-[640px] space-y-4 rounded-card border border-line bg-pane p-6"
        onSubmit={(event) => {
          event.preventDefault()
          void connect()
        }}
      >
        <p className="text-ink2">{words(kind.form.intro)}</p>
        <TextField
          label={t.cabinet.channelName}
          help={t.cabinet.channelNameHelp}
          error={wrongName && words(wrongName)}
          value={name}
          required
          maxLength={200}
          onChange={(event) => setName(event.target.value)}
        />
        <SettingsForm kind={kind} answers={answers} errors={errors} secrets={[]} onChange={setAnswers} />
        {fault && (
          <p role="alert" className="rounded-control bg-red-soft px-3 py-2 text-second text-red">
            {fault}
          </p>
        )}
        <div className="flex gap-2 pt-2">
          <Button type="submit" look="main" tall="yes" disabled={busy}>
            {t.cabinet.connect}
          </Button>
          <Link href="/cabinet/channels" className={buttonClass('outline', 'yes')}>
            {t.cancel}
          </Link>
        </div>
      </form>
    </>
  )
}
