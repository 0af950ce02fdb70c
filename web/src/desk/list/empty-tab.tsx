import type { ConversationState } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { Link } from '../../kit/link'
import { has } from '../../kit/session'
import { buttonClass } from '../../kit/ui/button'
import { useDesk, useDeskState } from '../context'
import type { View } from '../store/state'

export function EmptyTab({ tab, load, filtered }: { tab: ConversationState; load: View['load']; filtered: boolean }) {
  const { me } = useDesk()
  const channels = useDeskState((state) => state.channels.size)
  const known = useDeskState((state) => state.kinds.size > 0)
  if (load === 'no' || load === 'loading') return null
  if (load === 'failed') return <Empty title={t.errors.list} text={t.errors.listHint} />
  if (filtered) return <Empty title={t.list.nothingFiltered} text={t.list.nothingFilteredHint} />
  if (known && channels === 0) {
    return (
      <Empty title={t.list.noChannels} text={t.list.noChannelsHint}>
        {has(me, 'manage_channels') && (
          <Link href="/cabinet/channels" className={`${buttonClass('soft')} mt-4`}>
            {t.list.connect}
          </Link>
        )}
      </Empty>
    )
  }
  return <Empty title={t.list.empty[tab]} text={t.list.emptyHint[tab]} />
}

function Empty({ title, text, children }: { title: string; text: string; children?: React.ReactNode }) {
  return (
    <div className="px-6 py-14 text-center">
      <p className="font-semibold">{title}</p>
      <p className="mt-1 text-second text-ink3">{text}</p>
      {children}
    </div>
  )
}
