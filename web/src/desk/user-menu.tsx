import { Keyboard, LogOut, ShieldCheck, SlidersHorizontal, Volume2, VolumeX } from 'lucide-react'
import type { Presence } from '../kit/api/types'
import { language, setLanguage, t } from '../kit/i18n'
import { go } from '../kit/route'
import { logOut } from '../kit/session'
import { Avatar } from '../kit/ui/avatar'
import { Menu, MenuGroup, MenuItem, MenuLine } from '../kit/ui/menu'
import { tellRefusal } from '../kit/ui/toast'
import { useDesk, useDeskState } from './context'
import { setMuted, useMuted } from './sounds'

const dots: Record<Presence, string> = { online: 'bg-[#3fc47f]', break: 'bg-[#e5a93b]', off: 'bg-[#8b98a3]' }
export const PRESENCES: readonly Presence[] = ['online', 'break', 'off']

/** One's own status and load, and what one sets for oneself. */
export function UserMenu({ onKeys, onSettings }: { onKeys: () => void; onSettings: () => void }) {
  const { desk } = useDesk()
  const me = useDeskState((state) => state.me)
  const mine = useDeskState((state) => state.counts?.mine)
  const muted = useMuted()
  const load = mine === undefined ? '' : me.capacity ? t.shell.load.of(mine, me.capacity) : t.shell.load.free(mine)
  const full = me.capacity && mine !== undefined ? Math.min(1, mine / me.capacity) : null
  return (
    <Menu
      side="right"
      align="end"
      trigger={
        <button type="button" className="relative mt-1 rounded-full p-1" title={`${t.presence[me.presence]}${load && ` · ${load}`}`}>
          <span className="sr-only">{t.desk.me(me.name, t.presence[me.presence])}</span>
          <Avatar name={me.name} />
          <span className={`absolute right-1 bottom-1 size-3 rounded-full border-2 border-rail ${dots[me.presence]}`} />
          {muted && (
            <span className="absolute -top-0.5 right-0 grid size-[18px] place-items-center rounded-full bg-rail text-[#b4c0ca]">
              <VolumeX size={12} aria-hidden="true" />
            </span>
          )}
        </button>
      }
    >
      <div className="w-60 px-2 pt-1 pb-1">
        <div className="truncate font-semibold">{me.name}</div>
        <div className="truncate text-caption text-ink3">{me.email}</div>
        {load && (
          <div className="mt-2 flex items-center gap-2 text-caption text-ink2">
            <span className="num whitespace-nowrap">{load}</span>
            {full !== null && (
              <span className="h-1.5 flex-1 overflow-hidden rounded-full bg-line" aria-hidden="true">
                <Bar part={full} />
              </span>
            )}
          </div>
        )}
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
      <MenuItem icon={muted ? <VolumeX size={16} /> : <Volume2 size={16} />} onClick={() => setMuted(!muted)}>
        {muted ? t.desk.soundOff : t.desk.soundOn}
      </MenuItem>
      <MenuItem icon={<SlidersHorizontal size={16} />} onClick={onSettings}>
        {t.shell.me.settings}
      </MenuItem>
      <MenuItem icon={<ShieldCheck size={16} />} onClick={() => go('/cabinet/profile')}>
        {t.shell.me.security}
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
      <MenuLine />
      <MenuItem icon={<LogOut size={16} />} onClick={() => void logOut().catch(tellRefusal)}>
        {t.logOut}
      </MenuItem>
    </Menu>
  )
}

/** Widths in steps: our policy takes no styles made on the way, but properties set by script. */
function Bar({ part }: { part: number }) {
  return (
    <span
      className={`block h-full rounded-full ${part >= 1 ? 'bg-red' : part >= 0.8 ? 'bg-amber' : 'bg-accent'}`}
      style={{ width: `${Math.round(part * 100)}%` }}
    />
  )
}
