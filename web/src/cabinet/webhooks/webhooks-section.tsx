import { Plus, Webhook } from 'lucide-react'
import { useState } from 'react'
import { api, ask } from '../../kit/api/client'
import { t, words } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { moment } from '../../kit/i18n/format'
import { Link } from '../../kit/link'
import { go } from '../../kit/route'
import { Button } from '../../kit/ui/button'
import { Dialog } from '../../kit/ui/dialog'
import { TextField } from '../../kit/ui/field'
import { Faulty, PageHead, useLoaded } from '../load'
import { card, Chip, Empty, ShownOnce } from '../parts/bits'
import { DialogForm, useForm } from '../parts/form'
import type { PageProps } from '../sections'
import { EndpointPage } from './endpoint-page'
import { eventName } from './event-kinds'
import { KindsField } from './kinds-field'

/** Outgoing webhooks: programs that are told of what happens. */
export function WebhooksSection({ id }: PageProps) {
  if (id) return <EndpointPage key={id} id={id} />
  return <List />
}

function List() {
  const [adding, setAdding] = useState(false)
  const [made, setMade] = useState<{ id: string; secret: string } | null>(null)
  const { data, fault, again } = useLoaded(async () => (await ask(api.GET('/api/v1/endpoints'))).items)
  if (fault && !data) return <Faulty fault={fault} again={again} />
  if (!data) return null
  const texts = s().webhooks
  const add = (
    <Button look="main" onClick={() => setAdding(true)}>
      <Plus size={16} aria-hidden="true" />
      {texts.add}
    </Button>
  )
  return (
    <>
      <PageHead title={texts.title} hint={texts.hint}>
        {data.length > 0 && add}
      </PageHead>
      {data.length === 0 ? (
        <Empty icon={<Webhook size={22} />} title={texts.none} hint={texts.noneHint}>
          {add}
        </Empty>
      ) : (
        <ul className={`${card} overflow-hidden`}>
          {data.map((one) => (
            <li key={one.endpoint_id} className="border-b border-line last:border-0">
              <Link
                href={`/cabinet/webhooks/${one.endpoint_id}`}
                className="flex flex-wrap items-center gap-3 px-4 py-3 -outline-offset-2 hover:bg-hover"
              >
                <span className="min-w-0 flex-1">
                  <span className="block truncate font-medium">{one.url}</span>
                  <span className="line-clamp-1 text-second text-ink3">
                    {one.kinds.length === 0 ? texts.allKinds : one.kinds.map(eventName).join(', ')}
                  </span>
                  {!one.enabled && one.disabled_reason && (
                    <span className="block text-second text-red">{words(one.disabled_reason)}</span>
                  )}
                  {one.enabled && one.failing_since && (
                    <span className="block text-second text-amber">{texts.failingSince(moment(one.failing_since))}</span>
                  )}
                </span>
                <Chip tone={!one.enabled ? 'plain' : one.failing_since ? 'warn' : 'good'}>
                  {one.enabled ? (one.failing_since ? texts.failing : texts.on) : texts.off}
                </Chip>
              </Link>
            </li>
          ))}
        </ul>
      )}
      {adding && (
        <AddDialog
          onClose={() => setAdding(false)}
          onMade={(id, secret) => {
            setAdding(false)
            setMade({ id, secret })
          }}
        />
      )}
      {made && (
        <ShownOnce
          title={texts.secretTitle}
          text={texts.secretText}
          label={texts.secret}
          value={made.secret}
          onClose={() => go(`/cabinet/webhooks/${made.id}`)}
        />
      )}
    </>
  )
}

function AddDialog({ onClose, onMade }: { onClose: () => void; onMade: (id: string, secret: string) => void }) {
  const texts = s().webhooks
  const form = useForm({
    first: { url: '', kinds: [] as string[] },
    save: async (value) => {
      const { endpoint, secret } = await ask(api.POST('/api/v1/endpoints', { body: value }))
      onMade(endpoint.endpoint_id, secret)
      return value
    },
    silent: true,
  })
  const { value, set, told } = form
  return (
    <Dialog title={texts.add} onClose={onClose}>
      <DialogForm form={form} onClose={onClose} action={t.cabinet.connect}>
        <TextField
          label={texts.url}
          help={texts.urlHelp}
          type="url"
          required
          autoFocus
          value={value.url}
          error={told('url')}
          onChange={(event) => set({ url: event.target.value })}
        />
        <KindsField chosen={value.kinds} error={told('kinds')} onChange={(kinds) => set({ kinds })} />
      </DialogForm>
    </Dialog>
  )
}
