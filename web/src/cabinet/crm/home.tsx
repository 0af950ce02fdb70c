import { Plug, Plus, ScrollText } from 'lucide-react'
import { useEffect, useState } from 'react'
import { api, ask } from '../../kit/api/client'
import { crmTexts } from '../../kit/i18n/flow/crm'
import { Link } from '../../kit/link'
import { Button, buttonClass } from '../../kit/ui/button'
import { Faulty, PageHead, useLoaded } from '../load'
import { Empty } from '../parts/bits'
import { readCrmKinds, readFaults, readIntegrations, readPortals } from './api'
import { CameBack, comeBack } from './came-back'
import { ConnectDialog } from './connect-dialog'
import { HomeFaults } from './faults'
import { Integrations } from './integrations'
import { PortalCard } from './portal-card'
import { useCrmChanges } from './use-changes'
import type { FaultView, PortalView } from './views'

/** The home of CRM integrations: portals, rules, and what stands in the way. */
export function Home() {
  const f = crmTexts()
  const [came, setCame] = useState(() => comeBack(location.search))
  const [connecting, setConnecting] = useState<PortalView | 'new' | null>(null)
  const { data, setData, fault, again } = useLoaded(async () => {
    const [kinds, portals, integrations, faults, channels] = await Promise.all([
      readCrmKinds(),
      readPortals(),
      readIntegrations(),
      readFaults().catch((): FaultView[] => []),
      ask(api.GET('/api/v1/channels')),
    ])
    return { kinds, portals, integrations, faults, channels: channels.items }
  })
  // The answer of the consent is told once: a reload does not tell it again.
  useEffect(() => {
    if (location.search) history.replaceState(null, '', location.pathname)
  }, [])
  useCrmChanges(again)
  if (fault && !data) return <Faulty fault={fault} again={again} />
  if (!data) return null
  const amo = data.kinds.find((one) => one.kind === 'amo')
  const connect = (
    <Button look="main" disabled={!amo} onClick={() => setConnecting('new')}>
      <Plus size={16} aria-hidden="true" />
      {f.connect}
    </Button>
  )
  const put = (portal: PortalView) =>
    setData({ ...data, portals: data.portals.map((one) => (one.portal_id === portal.portal_id ? portal : one)) })
  return (
    <>
      <PageHead title={f.title} hint={f.hint}>
        {data.portals.length > 0 && (
          <div className="flex flex-wrap gap-2 max-[759px]:w-full">
            <Link href="/cabinet/crm/log" className={buttonClass()}>
              <ScrollText size={16} aria-hidden="true" />
              {f.toLog}
            </Link>
            {connect}
          </div>
        )}
      </PageHead>
      {came && <CameBack came={came} integrations={data.integrations} onClose={() => setCame(null)} />}
      <HomeFaults faults={data.faults} />
      {data.portals.length === 0 ? (
        <Empty icon={<Plug size={22} />} title={f.none} hint={f.noneHint}>
          {connect}
        </Empty>
      ) : (
        <>
          <section className="mb-8">
            <h2 className="mb-2 text-heading font-semibold">{f.portals}</h2>
            <ul className="grid gap-3">
              {data.portals.map((portal) => (
                <PortalCard
                  key={portal.portal_id}
                  portal={portal}
                  onChanged={put}
                  onAgain={() => setConnecting(portal)}
                  onGone={again}
                />
              ))}
            </ul>
          </section>
          <Integrations {...data} again={again} />
        </>
      )}
      {connecting && amo && (
        <ConnectDialog
          kind={amo}
          portal={connecting === 'new' ? undefined : connecting}
          onClose={() => setConnecting(null)}
          onConnected={() => {
            setConnecting(null)
            again()
          }}
        />
      )}
    </>
  )
}
