import { Gauge } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { api, ask } from '../kit/api/client'
import type { Me } from '../kit/api/types'
import { t } from '../kit/i18n'
import { boardTexts } from '../kit/i18n/flow/board'
import { number } from '../kit/i18n/format'
import { Link } from '../kit/link'
import { useNow } from '../kit/now'
import { has } from '../kit/session'
import { buttonClass } from '../kit/ui/button'
import { HoursChart } from './board/hours-chart'
import { Tiles, Today } from './board/tiles'
import { useBoard } from './board/use-board'
import { FirstSteps, type Progress } from './first-steps'
import { Health } from './health'
import { localTime } from './hours/hours'
import { Faulty, PageHead, useLoaded } from './load'
import { DemoBanner } from './demo-banner'
import { useChanges } from './use-changes'

// Companies without a CRM never load it.
const CrmHealth = lazy(() => import('./crm/health'))

const HIDDEN = 'beseda.first-steps-hidden'

/** The first steps while there are any; then the day in figures, and whether the channels work. */
export function Overview({ me }: { me: Me }) {
  const f = boardTexts()
  const [hidden, setHidden] = useState(() => localStorage.getItem(HIDDEN) === me.account.account_id)
  const { data, fault, again } = useLoaded(() => read(me))
  const mayBoard = has(me, 'see_all') || has(me, 'read_reports')
  const board = useBoard(mayBoard)
  const now = useNow()
  useChanges(again, (frame) => frame.kind !== 'message.changed' && frame.kind !== 'contact.changed')
  if (fault && !data) return <Faulty fault={fault} again={again} />
  if (!data) return <PageHead title={t.cabinet.overview} />
  const { counts, channels, progress, portals } = data
  const hide = () => {
    localStorage.setItem(HIDDEN, me.account.account_id)
    setHidden(true)
  }
  const figures = board.data
  const hour = figures ? Math.floor((localTime(now, figures.time_zone)?.minute ?? 0) / 60) : 0
  return (
    <>
      <PageHead title={t.cabinet.overview}>
        {mayBoard && (
          <Link href="/cabinet/board" className={buttonClass()}>
            <Gauge size={16} aria-hidden="true" />
            {f.overview.openBoard}
          </Link>
        )}
      </PageHead>
      <DemoBanner me={me} onRemoved={again} />
      {has(me, 'manage_channels') && progress && !hidden && (
        <FirstSteps progress={progress} channel={data.first} onHide={hide} />
      )}
      {figures ? (
        <div className="space-y-3">
          <Tiles board={figures} now={now} />
          <div className="grid grid-cols-[minmax(0,2fr)_minmax(0,1fr)] items-start gap-3 max-[1099px]:grid-cols-1">
            <HoursChart hours={figures.hours} now={hour} />
            <Today today={figures.today} />
          </div>
        </div>
      ) : (
        counts && (
          <dl className="mb-6 grid grid-cols-[repeat(auto-fit,minmax(180px,1fr))] gap-3">
            {(
              [
                [t.cabinet.nowNew, counts.new],
                [t.cabinet.nowInWork, counts.in_work],
                [t.cabinet.nowWaiting, counts.waiting],
              ] as const
            ).map(([label, value]) => (
              <div key={label} className="flex flex-col-reverse rounded-card border border-line bg-pane p-4">
                <dt className="text-second text-ink2">{label}</dt>
                <dd className="num text-[26px] leading-9 font-semibold tracking-[-0.02em]">
                  {value >= counts.bound ? `${number(counts.bound - 1)}+` : number(value)}
                </dd>
              </div>
            ))}
          </dl>
        )
      )}
      {channels.length > 0 && <Health channels={channels} may={has(me, 'manage_channels')} />}
      {portals.length > 0 && (
        <Suspense>
          <CrmHealth portals={portals} />
        </Suspense>
      )}
    </>
  )
}

async function read(me: Me) {
  if (!has(me, 'read_conversations')) return { counts: null, channels: [], progress: null, first: null, portals: [] }
  const leads = has(me, 'manage_channels')
  const query = { limit: 1 }
  const [counts, channels, people, invites, latest, details, crm] = await Promise.all([
    ask(api.GET('/api/v1/conversations/counts')),
    ask(api.GET('/api/v1/channels')),
    ask(api.GET('/api/v1/employees', { params: { query: { limit: 2 } } })),
    leads ? ask(api.GET('/api/v1/invites', { params: { query } })) : null,
    ask(api.GET('/api/v1/conversations', { params: { query } })),
    leads ? ask(api.GET('/api/v1/channel-details')) : null,
    has(me, 'manage_account') ? ask(api.GET('/api/v1/crm/portals')) : null,
  ])
  const [chat] = latest.items
  const progress: Progress = {
    connected: channels.items.length > 0,
    came: chat ?? null,
    answered: counts.in_work > 0 || counts.closed > 0 || !!chat?.first_answer_at,
    invited: people.items.length > 1 || (invites?.items.length ?? 0) > 0,
  }
  // The one that works is the one to write to; the site's chat needs nobody's telephone.
  const working = (details?.items ?? []).filter((one) => one.state === 'connected')
  const first = working.find((one) => one.kind === 'widget') ?? working[0] ?? null
  return { counts, channels: channels.items, progress, first, portals: crm?.items ?? [] }
}
