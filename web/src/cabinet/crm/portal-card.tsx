import { useState } from 'react'
import { words } from '../../kit/i18n'
import { crmTexts } from '../../kit/i18n/flow/crm'
import { crmPortals } from '../../kit/i18n/flow/crm-portals'
import { crmQuarantine } from '../../kit/i18n/flow/crm-quarantine'
import { date, moment } from '../../kit/i18n/format'
import { Link } from '../../kit/link'
import { Button } from '../../kit/ui/button'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { card, Chip, Confirm } from '../parts/bits'
import { checkPortal, deletePortal, disconnect } from './api'
import { Note } from './choice'
import { tones } from './portal-tones'
import type { PortalView } from './views'
import { endsSoon } from './ways'

/** A portal: how it stands, what a person can do about it. */
export function PortalCard({
  portal,
  onChanged,
  onAgain,
  onGone,
}: {
  portal: PortalView
  onChanged: (portal: PortalView) => void
  onAgain: () => void
  onGone: () => void
}) {
  const f = crmTexts()
  const p = crmPortals()
  const [busy, setBusy] = useState(false)
  // What is asked stays what it is, whatever becomes of the portal meanwhile.
  const [asking, setAsking] = useState<'disconnect' | 'remove' | null>(null)
  const check = () => {
    setBusy(true)
    checkPortal(portal.portal_id)
      .then((held) => {
        onChanged(held)
        if (held.state === 'connected') toast(f.checked)
      }, tellRefusal)
      .finally(() => setBusy(false))
  }
  const away = () =>
    disconnect(portal.portal_id).then((held) => {
      toast(f.disconnected)
      setAsking(null)
      onChanged(held)
      onGone()
    }, tellRefusal)
  const remove = () =>
    deletePortal(portal.portal_id).then(() => {
      toast(p.removed)
      setAsking(null)
      onGone()
    }, tellRefusal)
  const parted = portal.state === 'disconnected'
  const stopped = portal.state === 'stopped'
  const facts = [
    portal.waiting > 0 ? f.waiting(portal.waiting) : parted || portal.failed > 0 ? '' : f.nothingWaits,
    portal.failed > 0 ? f.failed(portal.failed) : '',
    portal.directory_at ? f.directoryAt(moment(portal.directory_at)) : f.directoryNever,
    portal.user_name ? f.connectedBy(portal.user_name) : '',
    portal.token_ends_at ? p.tokenEnds(date(portal.token_ends_at)) : '',
  ].filter(Boolean)
  const names = portal.integrations.map((one) => one.name)
  return (
    <li className={`${card} p-4`} data-portal={portal.state}>
      <div className="flex flex-wrap items-start gap-3">
        <div className="min-w-52 flex-1">
          <h3 className="flex flex-wrap items-center gap-2 font-semibold">
            <span className="min-w-0 break-words">{portal.title}</span>
            <Chip>{f.mode[portal.mode]}</Chip>
            {portal.own_app && <Chip>{p.own}</Chip>}
          </h3>
          <a
            href={portal.address}
            target="_blank"
            rel="noreferrer"
            className="rounded-control text-second break-all text-ink3 underline underline-offset-2 hover:text-ink"
          >
            {portal.address.replace(/^https:\/\//, '')}
          </a>
        </div>
        <span aria-live="polite" className="flex items-center gap-2">
          <span className="num text-caption text-ink3">{f.since(moment(portal.state_at))}</span>
          <Chip tone={tones[portal.state]}>{f.states[portal.state]}</Chip>
        </span>
      </div>
      <Trouble portal={portal} />
      <p className="num mt-2 text-second text-ink2">{facts.join(' · ')}</p>
      {portal.not_understood > 0 && (
        <Link href="/cabinet/crm/log" className="num rounded-control text-second text-amber underline underline-offset-2">
          {crmQuarantine().count(portal.not_understood)}
        </Link>
      )}
      {!parted && (
        <p className="text-caption text-ink3">
          {f.modeHelp[portal.mode]}
          {portal.filters === false && `. ${f.noFilters}`}
        </p>
      )}
      <div className="mt-3 flex flex-wrap gap-2">
        <Button look={stopped || parted ? 'main' : 'outline'} aria-label={`${f.again}: ${portal.title}`} onClick={onAgain}>
          {f.again}
        </Button>
        {!parted && (
          <Button disabled={busy} aria-label={`${f.check}: ${portal.title}`} onClick={check}>
            {f.check}
          </Button>
        )}
        <Button
          look="danger"
          className="ml-auto"
          aria-label={`${parted ? p.remove : f.disconnect}: ${portal.title}`}
          onClick={() => setAsking(parted ? 'remove' : 'disconnect')}
        >
          {parted ? p.remove : f.disconnect}
        </Button>
      </div>
      {asking && (
        <Confirm
          title={asking === 'remove' ? p.removeAsk(portal.title) : f.disconnectAsk(portal.title)}
          text={asking === 'remove' ? p.removeText(names) : p.disconnectText(names.length)}
          action={asking === 'remove' ? p.remove : f.disconnect}
          onClose={() => setAsking(null)}
          onYes={asking === 'remove' ? remove : away}
        />
      )}
    </li>
  )
}

/** What is wrong and what to do; the end of a token before it comes. */
function Trouble({ portal }: { portal: PortalView }) {
  const soon = endsSoon(portal.token_ends_at, Date.now())
  return (
    <>
      {(portal.reason || portal.remedy) && (
        <div className="mt-3">
          <Note tone={portal.state === 'stopped' ? 'bad' : portal.state === 'disconnected' ? 'plain' : 'warn'}>
            {portal.reason && <p className="font-medium">{words(portal.reason)}</p>}
            {portal.remedy && <p>{words(portal.remedy)}</p>}
          </Note>
        </div>
      )}
      {soon !== null && portal.state !== 'stopped' && (
        <div className="mt-3">
          <Note>{crmPortals().tokenEndsSoon(soon)}</Note>
        </div>
      )}
    </>
  )
}
