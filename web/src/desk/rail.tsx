import { Inbox, MessageCircle, Settings } from 'lucide-react'
import { t } from '../kit/i18n'
import { Link } from '../kit/link'
import { has } from '../kit/session'
import { Logo } from '../kit/ui/logo'
import { useDesk, useDeskState } from './context'
import { NO_FILTER } from './store/filter'
import { UserMenu } from './user-menu'

const item =
  'relative flex w-[62px] flex-col items-center gap-1 rounded-[10px] py-2 text-meta font-medium hover:bg-[rgb(255_255_255/0.06)] hover:text-white'
const tone = (on: boolean) => (on ? 'bg-[rgb(255_255_255/0.1)] text-white' : 'text-[#b4c0ca]')

interface Props {
  onKeys: () => void
  onSettings: () => void
  hiddenNarrow: boolean
}

export function Rail({ onKeys, onSettings, hiddenNarrow }: Props) {
  const { desk, me } = useDesk()
  const fresh = useDeskState((state) => state.counts?.new ?? 0)
  const bound = useDeskState((state) => state.counts?.bound ?? 1000)
  const requests = useDeskState((state) => state.filter.kind === 'request')
  return (
    <nav
      aria-label={t.desk.sections}
      className={`w-[72px] shrink-0 flex-col items-center gap-1 bg-rail py-3 ${hiddenNarrow ? 'hidden min-[900px]:flex' : 'flex'}`}
    >
      <Logo />
      <div className="h-3" />
      <Link
        href="/desk"
        aria-current={requests ? undefined : 'page'}
        className={`${item} ${tone(!requests)}`}
        onPick={() => requests && desk.setFilter(NO_FILTER)}
      >
        <MessageCircle size={20} aria-hidden="true" />
        {t.shell.sections.chats}
        {fresh > 0 && (
          <span className="num absolute top-1 right-2 min-w-[17px] rounded-full bg-[#ff7a5c] px-1 text-center text-[10px] leading-[17px] font-semibold text-[#2a0b04]">
            {fresh >= bound ? `${bound - 1}+` : fresh}
          </span>
        )}
      </Link>
      <Link
        href="/desk"
        aria-current={requests ? 'page' : undefined}
        className={`${item} ${tone(requests)}`}
        onPick={() => desk.setFilter({ ...NO_FILTER, kind: 'request' })}
      >
        <Inbox size={20} aria-hidden="true" />
        {t.shell.sections.requests}
      </Link>
      <div className="flex-1" />
      {has(me, 'manage_channels') && (
        <Link href="/cabinet" className={`${item} ${tone(false)}`}>
          <Settings size={20} aria-hidden="true" />
          {t.desk.settings}
        </Link>
      )}
      <UserMenu onKeys={onKeys} onSettings={onSettings} />
    </nav>
  )
}
