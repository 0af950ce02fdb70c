import { useState } from 'react'
import { api, ask } from '../../kit/api/client'
import type { components } from '../../kit/api/schema'
import { t, words } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { date, moment } from '../../kit/i18n/format'
import { go } from '../../kit/route'
import { Button } from '../../kit/ui/button'
import { TextField } from '../../kit/ui/field'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { Faulty, useLoaded } from '../load'
import { Back, card, Chip, Confirm, ShownOnce } from '../parts/bits'
import { PageForm, useForm } from '../parts/form'
import { Deliveries } from './deliveries'
import { KindsField } from './kinds-field'

type Endpoint = components['schemas']['EndpointView']

/** One receiver: what it gets, its secret, and the log of what was sent. */
export function EndpointPage({ id }: { id: string }) {
  const params = { path: { endpoint_id: id } }
  const [round, setRound] = useState(0)
  const { data, setData, fault, again } = useLoaded(() => ask(api.GET('/api/v1/endpoints/{endpoint_id}', { params })))
  if (fault && !data) return <Faulty fault={fault} again={again} />
  if (!data) return null
  const texts = s().webhooks
  const turn = (enabled: boolean) =>
    void ask(api.PATCH('/api/v1/endpoints/{endpoint_id}', { params, body: { enabled } })).then(setData, tellRefusal)
  return (
    <>
      <Back href="/cabinet/webhooks">{texts.title}</Back>
      <header className="mb-5 flex flex-wrap items-center gap-3">
        <div className="min-w-0 flex-1">
          <h1 className="text-page font-semibold break-all">{data.url}</h1>
          <p className="num text-second text-ink3">{texts.since(date(data.created_at))}</p>
        </div>
        <Chip tone={!data.enabled ? 'plain' : data.failing_since ? 'warn' : 'good'}>
          {data.enabled ? (data.failing_since ? texts.failing : texts.on) : texts.off}
        </Chip>
        <Button onClick={() => turn(!data.enabled)}>{data.enabled ? t.cabinet.disable : t.cabinet.enable}</Button>
      </header>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
        {!data.enabled && data.disabled_reason && (
          <p role="status" className="max-w-[640px] rounded-control bg-red-soft px-3 py-2 text-second text-red">
            {words(data.disabled_reason)}
          </p>
        )}
        {data.enabled && data.failing_since && (
          <p role="status" className="max-w-[640px] rounded-control bg-amber-soft px-3 py-2 text-second text-amber">
            {texts.failingSince(moment(data.failing_since))}
          </p>
        )}
        <Settings endpoint={data} onSaved={setData} />
        <Secret id={id} />
        <Ping
          id={id}
          onSent={() => {
            setRound((n) => n + 1)
            again()
          }}
        />
        <Deliveries key={round} id={id} />
        <Remove endpoint={data} />
      </div>
    </>
  )
}

function Settings({ endpoint, onSaved }: { endpoint: Endpoint; onSaved: (endpoint: Endpoint) => void }) {
  const texts = s().webhooks
  const form = useForm({
    first: { url: endpoint.url, kinds: endpoint.kinds },
    save: async (value) => {
      const params = { path: { endpoint_id: endpoint.endpoint_id } }
      const saved = await ask(api.PATCH('/api/v1/endpoints/{endpoint_id}', { params, body: value }))
      onSaved(saved)
      return { url: saved.url, kinds: saved.kinds }
    },
  })
  const { value, set, told } = form
  return (
    <PageForm form={form} title={t.cabinet.settings}>
      <TextField
        label={texts.url}
        help={texts.urlHelp}
        type="url"
        required
        value={value.url}
        error={told('url')}
        onChange={(event) => set({ url: event.target.value })}
      />
      <KindsField chosen={value.kinds} error={told('kinds')} onChange={(kinds) => set({ kinds })} />
    </PageForm>
  )
}

function Secret({ id }: { id: string }) {
  const texts = s().webhooks
  const [asking, setAsking] = useState(false)
  const [secret, setSecret] = useState('')
  const rotate = () =>
    void ask(api.POST('/api/v1/endpoints/{endpoint_id}/secret', { params: { path: { endpoint_id: id } } })).then((made) => {
      setAsking(false)
      setSecret(made.secret)
    }, tellRefusal)
  return (
    <section className={`${card} max-w-[640px] p-6`}>
      <h2 className="text-heading font-semibold">{texts.secret}</h2>
      <p className="mt-0.5 mb-3 text-second text-ink2">{texts.secretHelp}</p>
      <Button onClick={() => setAsking(true)}>{texts.rotate}</Button>
      {asking && (
        <Confirm
          title={texts.rotateAsk}
          text={texts.rotateText}
          action={texts.rotate}
          onClose={() => setAsking(false)}
          onYes={rotate}
        />
      )}
      {secret && (
        <ShownOnce title={texts.secretTitle} text={texts.secretText} label={texts.secret} value={secret} onClose={() => setSecret('')} />
      )}
    </section>
  )
}

function Ping({ id, onSent }: { id: string; onSent: () => void }) {
  const texts = s().webhooks
  const [busy, setBusy] = useState(false)
  const [outcome, setOutcome] = useState<components['schemas']['DeliveryView'] | null>(null)
  const ping = () => {
    setBusy(true)
    ask(api.POST('/api/v1/endpoints/{endpoint_id}/ping', { params: { path: { endpoint_id: id } } }))
      .then((made) => {
        setOutcome(made)
        onSent()
      }, tellRefusal)
      .finally(() => setBusy(false))
  }
  return (
    <section className={`${card} max-w-[640px] p-6`}>
      <h2 className="text-heading font-semibold">{texts.check}</h2>
      <p className="mt-0.5 mb-3 text-second text-ink2">{texts.checkHelp}</p>
      <div className="flex flex-wrap items-center gap-3">
        <Button disabled={busy} onClick={ping}>
          {texts.ping}
        </Button>
        <span aria-live="polite" className={`min-w-0 text-second break-words ${outcome?.state === 'delivered' ? 'text-green' : 'text-red'}`}>
          {outcome &&
            (outcome.state === 'delivered' ? texts.pingGood(outcome.http_status ?? 0) : texts.pingBad(outcome.error ?? String(outcome.http_status ?? '')))}
        </span>
      </div>
    </section>
  )
}

function Remove({ endpoint }: { endpoint: Endpoint }) {
  const texts = s().webhooks
  const [asking, setAsking] = useState(false)
  const remove = () =>
    void ask(api.DELETE('/api/v1/endpoints/{endpoint_id}', { params: { path: { endpoint_id: endpoint.endpoint_id } } })).then(() => {
      toast(texts.deleted)
      go('/cabinet/webhooks', 'replace')
    }, tellRefusal)
  return (
    <section className={`${card} max-w-[640px] p-6`}>
      <h2 className="text-heading font-semibold">{s().channels.danger}</h2>
      <p className="mt-0.5 mb-3 text-second text-ink2">{texts.removeText}</p>
      <Button look="danger" onClick={() => setAsking(true)}>
        {texts.remove}
      </Button>
      {asking && (
        <Confirm title={texts.removeAsk} text={texts.removeText} action={t.remove} onClose={() => setAsking(false)} onYes={remove} />
      )}
    </section>
  )
}
