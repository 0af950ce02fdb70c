import { Keyboard, LogOut, MessageCircle, Moon, Settings, Sun, SunMoon, Volume2, VolumeX } from 'lucide-react'
import { useState } from 'react'
import type { Presence } from '../kit/api/types'
import { language, setLanguage, t } from '../kit/i18n'
import { Link } from '../kit/link'
import { has, logOut } from '../kit/session'
import { setTheme, theme } from '../kit/theme'
import { Avatar } from '../kit/ui/avatar'
import { Logo } from '../kit/ui/logo'
import { Menu, MenuGroup, MenuItem, MenuLine } from '../kit/ui/menu'
import { tellRefusal } from '../kit/ui/toast'
import { useDesk, useDeskState } from './context'
import { isMuted, setMuted } from './signals'

const dots: Record<Presence, string> = { online: 'bg-[#3fc47f]', break: 'bg-[#e5a93b]', off: 'bg-[#8b98a3]' }
const PRESENCES: Presence[] = ['online', 'break', 'off']
const THEMES = [
  ['system', <SunMoon size={16} />],
  ['light', <Sun size={16} />],
  ['dark', <Moon size={16} />],
] as const

const item =
  'flex w-[62px] flex-col items-center gap-1 rounded-[10px] py-2 text-meta font-medium text-[#b4c0ca] hover:bg-[rgb(255_255_255/0.06)] hover:text-white'

export function Rail({ onKeys, hiddenNarrow }: { onKeys: () => void; hiddenNarrow: boolean }) {
  const { me } = useDesk()
  const fresh = useDeskState((state) => state.counts?.new ?? 0)
  const bound = useDeskState((state) => state.counts?.bound ?? 1000)
  return (
    <nav
      aria-label={t.desk.sections}
      className={`w-[72px] shrink-0 flex-col items-center gap-1 bg-rail py-3 ${hiddenNarrow ? 'hidden min-[900px]:flex' : 'flex'}`}
    >
      <Logo />
      <div className="h-3" />
      <Link href="/desk" aria-current="page" className={`${item} relative bg-[rgb(255_255_255/0.1)] text-white`}>
        <MessageCircle size={20} aria-hidden="true" />
        {t.desk.chats}
        {fresh > 0 && (
          <span className="num absolute top-1 right-2 min-w-[17px] rounded-full bg-[#ff7a5c] px-1 text-center text-[10px] leading-[17px] font-semibold text-[#2a0b04]">
            {fresh >= bound ? `${bound - 1}+` : fresh}
          </span>
        )}
      </Link>
      <div className="flex-1" />
      {has(me, 'manage_channels') && (
        <Link href="/cabinet" className={item}>
          <Settings size={20} aria-hidden="true" />
          {t.desk.settings}
        </Link>
      )}
      <Me onKeys={onKeys} />
    </nav>
  )
}

function Me({ onKeys }: { onKeys: () => void }) {
  const { desk } = useDesk()
  const me = useDeskState((state) => state.me)
  const [muted, mute] = useState(isMuted)
  const [chosen, choose] = useState(theme)
  return (
    <Menu
      side="right"
      align="end"
      trigger={
        <button type="button" className="relative mt-1 rounded-full p-1">
          <span className="sr-only">{t.desk.me(me.name, t.presence[me.presence])}</span>
          <Avatar name={me.name} />
          <span className={`absolute right-1 bottom-1 size-3 rounded-full border-2 border-rail ${dots[me.presence]}`} />
        </button>
      }
    >
      <div className="px-2 pt-1 pb-1">
        <div className="font-semibold">{me.name}</div>
        <div className="text-caption text-ink3">{me.email}</div>
      </div>
      <MenuLine />
      <MenuGroup label={t.desk.status}>
        {PRESENCES.map((presence) => (
          <MenuItem
            key={presence}
            icon={<span className={`size-2.5 rounded-full ${dots[presence]}`} />}
            checked={me.presence === presence}
            onClick={() => void desk.setPresence(presence).catch(tellRefusal)}
          >
            {t.presence[presence]}
          </MenuItem>
        ))}
      </MenuGroup>
      <MenuLine />
      <MenuGroup label={t.theme.title}>
        {THEMES.map(([name, icon]) => (
          <MenuItem
            key={name}
            icon={icon}
            checked={chosen === name}
            onClick={() => {
              setTheme(name)
              choose(name)
            }}
          >
            {t.theme[name]}
          </MenuItem>
        ))}
      </MenuGroup>
      <MenuLine />
      <MenuItem
        icon={muted ? <VolumeX size={16} /> : <Volume2 size={16} />}
        onClick={() => {
          setMuted(!muted)
          mute(!muted)
        }}
      >
        {muted ? t.desk.soundOff : t.desk.soundOn}
      </MenuItem>
      <MenuItem icon={<Keyboard size={16} />} onClick={onKeys}>
        {t.keys.title}
      </MenuItem>
      <MenuItem
        icon={<span className="text-meta font-semibold">{language === 'ru' ? 'EN' : 'RU'}</span>}
        onClick={() => void setLanguage(language === 'ru' ? 'en' : 'ru')}
      >
        {t.otherLanguage}
      </MenuItem>
      <MenuItem icon={<LogOut size={16} />} onClick={() => void logOut().catch(tellRefusal)}>
        {t.logOut}
      </MenuItem>
    </Menu>
  )
}
