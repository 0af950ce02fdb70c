import { ArrowLeftRight, ChevronRight, Plus } from 'lucide-react'
import { useState } from 'react'
import { fieldErrors } from '../../kit/api/client'
import { crmTexts } from '../../kit/i18n/flow/crm'
import { crmPortals } from '../../kit/i18n/flow/crm-portals'
import { Link } from '../../kit/link'
import { go } from '../../kit/route'
import { Button, IconButton } from '../../kit/ui/button'
import { Dialog } from '../../kit/ui/dialog'
import { TextField } from '../../kit/ui/field'
import { tellRefusal, toast, whyRefused } from '../../kit/ui/toast'
import { card, SelectField } from '../parts/bits'
import { DialogForm, useForm } from '../parts/form'
import { addIntegration, saveIntegration } from './api'
import { MoveDialog } from './move-dialog'
import type { IntegrationView, PortalView } from './views'

/** The rules by which channels are passed on, each with its switch. */
export function Integrations({
  portals,
  integrations,
  channels,
  again,
}: {
  portals: PortalView[]
  integrations: IntegrationView[]
  channels: readonly { channel_id: string; name: string }[]
  again: () => Promise<void>
}) {
  const f = crmTexts()
  const p = crmPortals()
  const [adding, setAdding] = useState(false)
  const [moving, setMoving] = useState<IntegrationView | null>(null)
  const open = portals.filter((portal) => portal.state !== 'disconnected')
  const add = (
    <Button look={integrations.length === 0 ? 'main' : 'outline'} disabled={open.length === 0} onClick={() => setAdding(true)}>
      <Plus size={16} aria-hidden="true" />
      {f.add}
    </Button>
  )
  // The switch answers at once; the server's word comes after.
  const [turned, setTurned] = useState<Record<string, boolean>>({})
  const turn = ({ integration_id, revision, ...one }: IntegrationView, enabled: boolean) => {
    setTurned((now) => ({ ...now, [integration_id]: enabled }))
    const done = () => setTurned(({ [integration_id]: _, ...others }) => others)
    void saveIntegration(integration_id, { name: one.name, settings: one.settings, enabled }, revision).then(
      () => {
        toast(enabled ? f.turnedOn : f.turnedOff)
        return again()
      },
      (error: unknown) => {
        // What keeps it off stands in its tabs.
        const act = { label: f.toSettings, run: () => go(`/cabinet/crm/${integration_id}`) }
        if (fieldErrors(error).size > 0) toast(whyRefused(error), { tone: 'bad', act })
        else tellRefusal(error)
        return again()
      },
    ).finally(done)
  }
  return (
    <section>
      <div className="mb-2 flex flex-wrap items-start gap-3">
        <div className="min-w-52 flex-1">
          <h2 className="text-heading font-semibold">{f.integrations}</h2>
          <p className="text-second text-ink2">{f.integrationsHint}</p>
        </div>
        {integrations.length > 0 && add}
      </div>
      {integrations.length === 0 ? (
        <div className={`${card} px-6 py-8 text-center`}>
          <p className="font-semibold">{f.noIntegrations}</p>
          <p className="mx-auto mt-1 mb-4 max-w-[440px] text-ink2">{f.noIntegrationsHint}</p>
          {add}
        </div>
      ) : (
        <ul className={`${card} overflow-hidden`}>
          {integrations.map((one) => {
            const passed = one.settings.channels.flatMap(
              (rule) => channels.find((channel) => channel.channel_id === rule.channel)?.name ?? [],
            )
            const portal = portals.find((its) => its.portal_id === one.portal_id)
            const parted = !portal || portal.state === 'disconnected'
            return (
              <li key={one.integration_id} className="flex items-center gap-1 border-b border-line pr-1 pl-4 last:border-0">
                <input
                  type="checkbox"
                  role="switch"
                  checked={turned[one.integration_id] ?? one.enabled}
                  disabled={one.integration_id in turned}
                  aria-label={f.turnOn(one.name)}
                  onChange={(event) => turn(one, event.target.checked)}
                  className="size-4 shrink-0 accent-accent"
                />
                <Link
                  href={`/cabinet/crm/${one.integration_id}`}
                  className="flex min-w-0 flex-1 items-center gap-3 rounded-control px-3 py-3 -outline-offset-2 hover:bg-hover"
                >
                  <span className="min-w-0 flex-1">
                    <span className="block truncate font-medium">{one.name}</span>
                    <span className="block truncate text-second text-ink3">
                      {portal?.title ?? f.states.disconnected}
                      {' · '}
                      {f.methods[one.settings.method.method]}
                      {' · '}
                      {passed.length > 0 ? `${f.channels(passed.length)}: ${passed.join(', ')}` : f.noChannels}
                    </span>
                    {parted && <span className="block text-second text-amber">{p.portalOff}</span>}
                  </span>
                  <span className={`text-second ${one.enabled && !parted ? 'text-green' : 'text-ink3'}`}>{one.enabled ? f.on : f.off}</span>
                  <ChevronRight size={16} className="shrink-0 text-ink3" aria-hidden="true" />
                </Link>
                {(portals.length > 1 || parted) && (
                  <IconButton label={p.moveOf(one.name)} onClick={() => setMoving(one)}>
                    <ArrowLeftRight size={16} aria-hidden="true" />
                  </IconButton>
                )}
              </li>
            )
          })}
        </ul>
      )}
      {moving && (
        <MoveDialog
          integration={moving}
          portals={portals}
          onClose={() => setMoving(null)}
          onMoved={() => {
            setMoving(null)
            void again()
          }}
        />
      )}
      {adding && <AddDialog portals={open} first={integrations.length === 0} onClose={() => setAdding(false)} />}
    </section>
  )
}

function AddDialog({ portals, first, onClose }: { portals: PortalView[]; first: boolean; onClose: () => void }) {
  const f = crmTexts()
  const form = useForm({
    first: { portal_id: portals[0]?.portal_id ?? '', name: first ? f.addFirst : '' },
    save: async (value) => {
      const made = await addIntegration(value.portal_id, value.name)
      go(`/cabinet/crm/${made.integration_id}`)
      return value
    },
    silent: true,
  })
  const { value, set, told } = form
  return (
    <Dialog title={f.add} onClose={onClose}>
      <DialogForm form={form} onClose={onClose} action={f.add}>
        <TextField
          label={f.addName}
          help={f.addNameHelp}
          required
          autoFocus
          maxLength={100}
          value={value.name}
          error={told('name')}
          onChange={(event) => set({ name: event.target.value })}
        />
        <SelectField
          label={f.portal}
          error={told('portal_id')}
          value={value.portal_id}
          options={portals.map((one) => [one.portal_id, `${one.title} (${one.address})`] as const)}
          onChange={(portal_id) => set({ portal_id })}
        />
      </DialogForm>
    </Dialog>
  )
}
