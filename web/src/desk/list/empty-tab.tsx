import { CircleCheckBig, Inbox, SearchX } from 'lucide-react'
import type { ReactNode } from 'react'
import type { ConversationState } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { Link } from '../../kit/link'
import { has } from '../../kit/session'
import { Button, buttonClass } from '../../kit/ui/button'
import { useDesk, useDeskState } from '../context'
import { NO_FILTER, sameFilter } from '../store/filter'
import type { View } from '../store/state'

export function EmptyTab({
  tab,
  load,
  filtered,
  onTab,
}: {
  tab: ConversationState
  load: View['load']
  filtered: boolean
  onTab: (tab: ConversationState) => void
}) {
  const { desk, me } = useDesk()
  const channels = useDeskState((state) => state.channels.size)
  const known = useDeskState((state) => state.kinds.size > 0)
  const counts = useDeskState((state) => state.counts)
  const filter = useDeskState((state) => state.filter)
  if (load === 'no' || load === 'loading') return null
  if (load === 'failed') return <Empty title={t.errors.list} text={t.errors.listHint} />
  if (sameFilter(filter, { ...NO_FILTER, kind: 'request' })) {
    return <Empty icon={<Inbox size={28} />} title={t.shell.list.noRequests} text={t.shell.list.noRequestsHint} />
  }
  if (filtered) {
    return (
      <Empty icon={<SearchX size={28} />} title={t.list.nothingFiltered} text={t.list.nothingFilteredHint}>
        <Button look="soft" className="mt-4" onClick={() => desk.setFilter(NO_FILTER)}>
          {t.shell.list.resetFilter}
        </Button>
      </Empty>
    )
  }
  if (known && channels === 0) {
    return (
      <Empty icon={<Inbox size={28} />} title={t.list.noChannels} text={t.list.noChannelsHint}>
        {has(me, 'manage_channels') && (
          <Link href="/cabinet/channels" className={`${buttonClass('soft')} mt-4`}>
            {t.list.connect}
          </Link>
        )}
      </Empty>
    )
  }
  const work = tab === 'new' && counts && counts.in_work > 0
  return (
    <Empty
      icon={tab === 'new' ? <CircleCheckBig size={28} className="text-accent" /> : <Inbox size={28} />}
      title={t.list.empty[tab]}
      text={work ? t.shell.list.now(counts.in_work, counts.waiting) : t.list.emptyHint[tab]}
    >
      {work && (
        <Button look="soft" className="mt-4" onClick={() => onTab('in_work')}>
          {t.shell.list.toWork}
        </Button>
      )}
    </Empty>
  )
}

function Empty({ icon, title, text, children }: { icon?: ReactNode; title: string; text: string; children?: ReactNode }) {
  return (
    <div className="px-6 py-14 text-center">
      {icon && (
        <div className="mb-3 grid place-items-center text-ink3" aria-hidden="true">
          {icon}
        </div>
      )}
      <p className="font-semibold">{title}</p>
      <p className="mt-1 text-second text-ink3">{text}</p>
      {children}
    </div>
  )
}
