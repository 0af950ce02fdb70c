import { useState } from 'react'
import { words } from '../../kit/i18n'
import { crmTexts } from '../../kit/i18n/flow/crm'
import { moment } from '../../kit/i18n/format'
import { Button } from '../../kit/ui/button'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { card, Chip, Confirm } from '../parts/bits'
import { checkPortal, disconnect } from './api'
import { Note } from './choice'
import { tones } from './portal-tones'
import type { PortalView } from './views'

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
  const [busy, setBusy] = useState(false)
  const [asking, setAsking] = useState(false)
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
    void disconnect(portal.portal_id).then(() => {
      toast(f.disconnected)
      setAsking(false)
      onGone()
    }, tellRefusal)
  const facts = [
    portal.waiting > 0 ? f.waiting(portal.waiting) : f.nothingWaits,
    portal.failed > 0 ? f.failed(portal.failed) : '',
    portal.directory_at ? f.directoryAt(moment(portal.directory_at)) : f.directoryNever,
    portal.user_name ? f.connectedBy(portal.user_name) : '',
  ].filter(Boolean)
  const stopped = portal.state === 'stopped'
  return (
    <li className={`${card} p-4`} data-portal={portal.state}>
      <div className="flex flex-wrap items-start gap-3">
        <div className="min-w-52 flex-1">
          <h3 className="flex flex-wrap items-center gap-2 font-semibold">
            <span className="min-w-0 break-words">{portal.title}</span>
            <Chip>{f.mode[portal.mode]}</Chip>
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
      {stopped && (portal.reason || portal.remedy) && (
        <div className="mt-3">
          <Note tone="bad">
            {portal.reason && <p className="font-medium">{words(portal.reason)}</p>}
            {portal.remedy && <p>{words(portal.remedy)}</p>}
          </Note>
        </div>
      )}
      {portal.state === 'interrupted' && (
        <div className="mt-3">
          <Note>{portal.reason ? words(portal.reason) : f.interrupted}</Note>
        </div>
      )}
      <p className="num mt-2 text-second text-ink2">{facts.join(' · ')}</p>
      <p className="text-caption text-ink3">
        {f.modeHelp[portal.mode]}
        {portal.filters === false && `. ${f.noFilters}`}
      </p>
      <div className="mt-3 flex flex-wrap gap-2">
        <Button look={stopped ? 'main' : 'outline'} aria-label={`${f.again}: ${portal.title}`} onClick={onAgain}>
          {f.again}
        </Button>
        <Button disabled={busy} aria-label={`${f.check}: ${portal.title}`} onClick={check}>
          {f.check}
        </Button>
        <Button look="danger" className="ml-auto" aria-label={`${f.disconnect}: ${portal.title}`} onClick={() => setAsking(true)}>
          {f.disconnect}
        </Button>
      </div>
      {asking && (
        <Confirm
          title={f.disconnectAsk(portal.title)}
          text={f.disconnectText}
          action={f.disconnect}
          onClose={() => setAsking(false)}
          onYes={away}
        />
      )}
    </li>
  )
}
