import { BellRing, WifiOff } from 'lucide-react'
import { useEffect, useState } from 'react'
import { t } from '../../kit/i18n'
import { Button } from '../../kit/ui/button'
import { tellRefusal } from '../../kit/ui/toast'
import { useDesk, useDeskState } from '../context'
import { listen, useBlocked } from '../sounds'

/** What stands below the list while something is not as it should be. */
export function Foot() {
  return (
    <>
      <SoundBlocked />
      <NotOnLine />
      <LinkLost />
    </>
  )
}

/** Nobody gets chats, and the site's visitors see a form instead of a chat, while all are off. */
function NotOnLine() {
  const { desk } = useDesk()
  const presence = useDeskState((state) => state.me.presence)
  if (presence === 'online') return null
  return (
    <div className="flex items-center gap-2 border-t border-line bg-raised py-2 pr-2 pl-4 text-second text-ink2">
      <span className="min-w-0 flex-1">{t.desk.notOnLine[presence]}</span>
      <Button look="soft" onClick={() => void desk.setPresence('online').catch(tellRefusal)}>
        {t.desk.goOnLine}
      </Button>
    </div>
  )
}

/** A page that nobody touched may not sound. */
function SoundBlocked() {
  const blocked = useBlocked()
  const online = useDeskState((state) => state.me.presence === 'online')
  if (!blocked || !online) return null
  return (
    <div role="status" className="flex items-center gap-2 border-t border-line bg-amber-soft py-2 pr-2 pl-4 text-second text-amber">
      <BellRing size={16} className="shrink-0" aria-hidden="true" />
      <span className="min-w-0 flex-1">{t.shell.sound.blocked}</span>
      <Button look="outline" onClick={() => void listen('message')}>
        {t.shell.sound.enable}
      </Button>
    </div>
  )
}

/** Said only when it lasts: a connection that comes back at once troubles nobody. */
function LinkLost() {
  const link = useDeskState((state) => state.link)
  const waiting = useDeskState((state) => state.outgoing.length)
  const [long, setLong] = useState(false)
  useEffect(() => {
    if (link === 'online') return setLong(false)
    const timer = setTimeout(() => setLong(true), 2500)
    return () => clearTimeout(timer)
  }, [link === 'online'])
  if (!long) return null
  return (
    <p
      role="status"
      data-offline
      className="flex items-center gap-2 border-t border-line bg-amber-soft px-4 py-2 text-second text-amber"
    >
      <WifiOff size={16} className="shrink-0" aria-hidden="true" />
      {waiting > 0 ? t.desk.offlineWaiting(waiting) : t.desk.offline}
    </p>
  )
}
