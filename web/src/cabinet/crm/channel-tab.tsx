import { Plug } from 'lucide-react'
import { useState } from 'react'
import { t, words } from '../../kit/i18n'
import { crmTexts } from '../../kit/i18n/flow/crm'
import { Link } from '../../kit/link'
import { has, useSession } from '../../kit/session'
import { Button, buttonClass } from '../../kit/ui/button'
import { Faulty, useLoaded } from '../load'
import { Chip, Empty, Toggle } from '../parts/bits'
import { Leaving } from '../parts/leaving'
import { readFaults, readIntegrations, readPortals } from './api'
import { ChannelSwitches } from './channel-switches'
import { Note } from './choice'
import { HomeFaults } from './faults'
import { Stale, StaleButtons } from './save-bar'
import { type ChannelRule, recommended } from './settings'
import { usePortalChanges } from './use-changes'
import { useEditing } from './use-editing'
import type { FaultView, IntegrationView, PortalView } from './views'

/** CRM-1 on the channel's own page: what its enquiries make in each portal. */
export function ChannelCrm({ channel }: { channel: string }) {
  const session = useSession()
  const f = crmTexts().channel
  if (session.is !== 'in') return null
  if (!has(session.me, 'manage_account')) return <Empty icon={<Plug size={22} />} title={f.title} hint={f.noRight} />
  return <Integrations channel={channel} />
}

function Integrations({ channel }: { channel: string }) {
  const f = crmTexts().channel
  const { data, fault, again } = useLoaded(async () => {
    const [portals, integrations, faults] = await Promise.all([
      readPortals(),
      readIntegrations(),
      readFaults().catch((): FaultView[] => []),
    ])
    return { portals, integrations, faults }
  })
  usePortalChanges(again)
  if (fault && !data) return <Faulty fault={fault} again={again} />
  if (!data) return null
  const toCrm = (
    <Link href="/cabinet/crm" className={buttonClass('main')}>
      {f.toCrm}
    </Link>
  )
  if (data.integrations.length === 0)
    return (
      <Empty
        icon={<Plug size={22} />}
        title={data.portals.length === 0 ? f.none : crmTexts().noIntegrations}
        hint={data.portals.length === 0 ? f.noneHint : crmTexts().noIntegrationsHint}
      >
        {toCrm}
      </Empty>
    )
  const own = data.faults.filter((one) => one.channel === channel || one.channels?.includes(channel))
  return (
    <div className="grid max-w-[640px] grid-cols-[minmax(0,1fr)] gap-4">
      <HomeFaults faults={own} />
      <p className="text-ink2">{f.hint}</p>
      {data.integrations.map((one) => (
        <Rule
          key={one.integration_id}
          channel={channel}
          first={one}
          portal={data.portals.find((portal) => portal.portal_id === one.portal_id)}
          others={data.integrations}
        />
      ))}
    </div>
  )
}

/** One integration's rule for this channel; saved as a part of that integration's settings. */
function Rule({
  channel,
  first,
  portal,
  others,
}: {
  channel: string
  first: IntegrationView
  portal: PortalView | undefined
  others: readonly IntegrationView[]
}) {
  const f = crmTexts()
  const [, draw] = useState(0)
  const editing = useEditing(first, () => draw((n) => n + 1))
  const { channels } = editing.draft.settings
  const n = channels.findIndex((one) => one.channel === channel)
  const rule = channels[n]
  const put = (next: ChannelRule[]) => editing.change({ channels: next })
  const taken = others.find(
    (one) =>
      one.integration_id !== first.integration_id &&
      one.enabled &&
      one.portal_id === first.portal_id &&
      one.settings.channels.some((other) => other.channel === channel),
  )
  const fault = editing.told(`/channels/${n}`) ?? editing.told('/channels') ?? editing.fault
  return (
    <section className="rounded-card border border-line bg-pane" aria-label={first.name}>
      <div className="space-y-3 p-4">
        <div className="flex flex-wrap items-start gap-2">
          <div className="min-w-40 flex-1">
            <Toggle
              label={f.channel.passes(first.name)}
              help={portal ? `${f.amo} · ${portal.title}` : f.states.disconnected}
              on={rule !== undefined}
              onChange={(on) => put(on ? [...channels, recommended(channel)] : channels.toSpliced(n, 1))}
            />
          </div>
          <Chip tone={first.enabled ? 'good' : 'plain'}>{first.enabled ? f.on : f.off}</Chip>
        </div>
        {portal?.reason && (
          <Note tone={portal.state === 'stopped' ? 'bad' : portal.state === 'disconnected' ? 'plain' : 'warn'}>
            {words(portal.reason)} {portal.remedy && words(portal.remedy)}
          </Note>
        )}
        {!rule && taken && <Note>{f.channel.busy(taken.name)}</Note>}
        {rule && !first.enabled && <p className="text-caption text-ink3">{f.channel.offNote}</p>}
        {rule && (
          <div className="pl-7">
            <ChannelSwitches rule={rule} onChange={(next) => put(channels.with(n, next))} />
          </div>
        )}
        {fault && (
          <p role="alert" className="rounded-control bg-red-soft px-3 py-2 text-second text-red">
            {fault}
          </p>
        )}
        {editing.stale && <Stale editing={editing} />}
      </div>
      <div className="flex flex-wrap items-center gap-2 rounded-b-card border-t border-line bg-raised px-4 py-2.5">
        <Link href={`/cabinet/crm/${first.integration_id}`} className="mr-auto rounded-control text-second font-medium text-accent-text underline underline-offset-2">
          {f.channel.open}
        </Link>
        {(editing.changed || editing.stale) && (
          <>
            <Leaving />
            {!editing.stale && <Button onClick={editing.reset}>{t.cancel}</Button>}
            {editing.stale ? (
              <StaleButtons editing={editing} />
            ) : (
              <Button look="main" disabled={editing.busy} onClick={() => void editing.save()}>
                {t.save}
              </Button>
            )}
          </>
        )}
      </div>
    </section>
  )
}
