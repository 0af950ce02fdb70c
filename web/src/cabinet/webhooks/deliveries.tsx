import { RotateCcw } from 'lucide-react'
import { useState } from 'react'
import { api, ask } from '../../kit/api/client'
import type { components } from '../../kit/api/schema'
import { s } from '../../kit/i18n/cabinet-settings'
import { moment } from '../../kit/i18n/format'
import { Button } from '../../kit/ui/button'
import { Dialog } from '../../kit/ui/dialog'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { Faulty, useLoaded } from '../load'
import { Chip, More, SelectField, Table } from '../parts/bits'
import { usePages } from '../parts/pages'
import { Raw } from '../parts/raw'
import { eventName } from './event-kinds'

type Delivery = components['schemas']['DeliveryView']
type State = components['schemas']['DeliveryState']

const tones = { waiting: 'warn', delivered: 'good', failed: 'bad' } as const

/** The log of a receiver, newest first. */
export function Deliveries({ id }: { id: string }) {
  const texts = s().webhooks
  const [state, setState] = useState<State | ''>('')
  const [open, setOpen] = useState<string | null>(null)
  const { items, next, more, again, fault, busy } = usePages(
    (cursor) =>
      ask(
        api.GET('/api/v1/endpoints/{endpoint_id}/deliveries', {
          params: {
            path: { endpoint_id: id },
            query: { limit: 50, ...(state ? { state } : {}), ...(cursor ? { cursor } : {}) },
          },
        }),
      ),
    state,
  )
  if (fault && !items) return <Faulty fault={fault} again={again} />
  return (
    <section>
      <div className="mb-3 flex flex-wrap items-end gap-3">
        <h2 className="mr-auto text-heading font-semibold">{texts.log}</h2>
        <div className="w-48">
          <SelectField<State | ''>
            label={texts.outcome}
            value={state}
            options={[
              ['', texts.any],
              ['waiting', texts.states.waiting],
              ['delivered', texts.states.delivered],
              ['failed', texts.states.failed],
            ]}
            onChange={setState}
          />
        </div>
      </div>
      {items?.length === 0 ? (
        <p className="rounded-card border border-line bg-pane px-6 py-8 text-center text-ink2">{texts.noLog}</p>
      ) : (
        <Table label={texts.log} heads={[texts.event, texts.outcome, texts.answer, texts.tries, texts.at, '']}>
          {items?.map((one) => (
            <tr key={one.delivery_id}>
              <td className="min-w-40">
                <div className="font-medium">{one.kind === 'ping' ? texts.pingKind : eventName(one.kind)}</div>
                <div className="num text-caption text-ink3">
                  {one.seq > 0 ? `№ ${one.seq}` : ''}
                  {one.replay_of ? ` ${texts.replayed}` : ''}
                </div>
              </td>
              <td>
                <Chip tone={tones[one.state]}>{texts.states[one.state]}</Chip>
              </td>
              <td className="max-w-60 text-second text-ink2">
                <span className="num">{one.http_status ?? ''}</span> <span className="break-words">{one.error}</span>
                {one.state === 'waiting' && one.next_at && (
                  <span className="num block text-caption text-ink3">{texts.nextTry(moment(one.next_at))}</span>
                )}
              </td>
              <td className="num">{one.attempts}</td>
              <td className="num text-second whitespace-nowrap text-ink3">{moment(one.created_at)}</td>
              <td className="text-right">
                <Button aria-label={`${texts.details}: ${eventName(one.kind)} ${one.seq}`} onClick={() => setOpen(one.delivery_id)}>
                  {texts.details}
                </Button>
              </td>
            </tr>
          ))}
        </Table>
      )}
      <More next={next} busy={busy} more={more} />
      {open && <OneDelivery id={open} onClose={() => setOpen(null)} onReplayed={again} />}
    </section>
  )
}

function OneDelivery({ id, onClose, onReplayed }: { id: string; onClose: () => void; onReplayed: () => void }) {
  const texts = s().webhooks
  const params = { path: { delivery_id: id } }
  const { data, fault, again } = useLoaded(() => ask(api.GET('/api/v1/deliveries/{delivery_id}', { params })))
  const replay = (one: Delivery) =>
    void ask(api.POST('/api/v1/deliveries/{delivery_id}/replay', { params: { path: { delivery_id: one.delivery_id } } })).then(() => {
      toast(texts.replayQueued)
      onReplayed()
      onClose()
    }, tellRefusal)
  return (
    <Dialog wide title={texts.delivery} onClose={onClose}>
      {fault && !data && <Faulty fault={fault} again={again} />}
      {data && (
        <div className="space-y-4">
          <div className="flex flex-wrap items-center gap-2">
            <Chip tone={tones[data.state]}>{texts.states[data.state]}</Chip>
            <span className="num text-second text-ink2">
              {moment(data.created_at)} · {texts.tried(data.attempts)}
            </span>
            <span className="flex-1" />
            <Button onClick={() => replay(data)}>
              <RotateCcw size={15} aria-hidden="true" />
              {texts.replay}
            </Button>
          </div>
          <Raw title={texts.sent} text={JSON.stringify(data.body ?? {})} />
          <Raw title={texts.answered(data.http_status ?? null)} text={data.answer ?? data.error ?? ''} empty={texts.noAnswer} />
        </div>
      )}
    </Dialog>
  )
}
