import { type ReactNode, useId, useState } from 'react'
import { language, setLanguage, t } from '../kit/i18n'
import { modLabel } from '../kit/keys'
import { setTheme, type Theme, theme } from '../kit/theme'
import { Button } from '../kit/ui/button'
import { Dialog } from '../kit/ui/dialog'
import { useDesk, useDeskState } from './context'
import { listen, type Sound } from './sounds'
import type { Preferences } from './store/preferences'

/** What an employee sets for themselves. Everything acts at once: there is nothing to save. */
export default function OwnSettings({ onClose }: { onClose: () => void }) {
  const { desk } = useDesk()
  const own = useDeskState((state) => state.preferences)
  const [chosen, choose] = useState(theme)
  const set = (change: Partial<Preferences>) => desk.settings.set(change)
  const s = t.shell.settings
  return (
    <Dialog title={s.title} onClose={onClose}>
      <Part title={s.look}>
        <Segments
          label={s.density}
          value={own.density}
          options={[
            ['comfortable', s.comfortable],
            ['compact', s.compact],
          ]}
          onChoose={(density) => set({ density })}
        />
        <Segments<Theme>
          label={t.theme.title}
          value={chosen}
          options={[
            ['system', t.theme.system],
            ['light', t.theme.light],
            ['dark', t.theme.dark],
          ]}
          onChoose={(name) => {
            setTheme(name)
            choose(name)
          }}
        />
        <Segments
          label={s.language}
          value={language}
          options={[
            ['ru', 'Русский'],
            ['en', 'English'],
          ]}
          onChoose={(next) => void setLanguage(next)}
        />
      </Part>
      <Part title={s.sounds}>
        <Switch
          label={s.newChat}
          on={own.sounds.newChat}
          onSwitch={(newChat) => set({ sounds: { ...own.sounds, newChat } })}
          more={<Try sound="newChat" />}
        />
        <Switch
          label={s.message}
          on={own.sounds.message}
          onSwitch={(message) => set({ sounds: { ...own.sounds, message } })}
          more={<Try sound="message" />}
        />
        <OnScreen own={own} onSwitch={(notices) => set({ notices })} />
      </Part>
      <Part title={s.keys}>
        <Switch
          label={s.single}
          help={s.singleHint}
          on={own.keys.single}
          onSwitch={(single) => set({ keys: { ...own.keys, single } })}
        />
        <Segments
          label={s.send}
          value={own.keys.send}
          options={[
            ['enter', s.sendEnter],
            ['mod_enter', s.sendMod(modLabel)],
          ]}
          onChoose={(send) => set({ keys: { ...own.keys, send } })}
        />
      </Part>
      <p className="pt-3 text-caption text-ink3">{s.everywhere}</p>
    </Dialog>
  )
}

function OnScreen({ own, onSwitch }: { own: Preferences; onSwitch: (on: boolean) => void }) {
  const able = 'Notification' in window
  const [permission, setPermission] = useState(able ? Notification.permission : 'denied')
  const s = t.shell.settings
  const on = own.notices && permission === 'granted'
  async function turn(next: boolean) {
    onSwitch(next)
    if (next && permission === 'default') setPermission(await Notification.requestPermission())
  }
  return (
    <Switch
      label={s.notices}
      help={permission === 'denied' ? s.noticesDenied : s.noticesHint}
      on={on}
      disabled={permission === 'denied'}
      onSwitch={(next) => void turn(next)}
    />
  )
}

const Try = ({ sound }: { sound: Sound }) => (
  <Button look="quiet" className="h-7 px-2" onClick={() => void listen(sound)}>
    {t.shell.settings.try}
  </Button>
)

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="border-b border-line py-3 first:pt-0">
      <h3 className="pb-2 text-caption font-semibold text-ink3">{title}</h3>
      <div className="space-y-2.5">{children}</div>
    </section>
  )
}

function Segments<T extends string>({
  label,
  value,
  options,
  onChoose,
}: {
  label: string
  value: T
  options: readonly (readonly [T, string])[]
  onChoose: (value: T) => void
}) {
  const id = useId()
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <span id={id} className="min-w-[140px] flex-1 text-second">
        {label}
      </span>
      <div role="radiogroup" aria-labelledby={id} className="flex rounded-control bg-hover p-0.5">
        {options.map(([one, name]) => (
          <label
            key={one}
            className={`cursor-pointer rounded-[6px] px-2.5 py-1 text-second has-focus-visible:outline-2 has-focus-visible:outline-accent ${value === one ? 'bg-pane font-medium text-ink shadow-sm' : 'text-ink2'}`}
          >
            <input
              type="radio"
              name={id}
              className="sr-only"
              checked={value === one}
              onChange={() => onChoose(one)}
            />
            {name}
          </label>
        ))}
      </div>
    </div>
  )
}

function Switch({
  label,
  help,
  on,
  disabled,
  onSwitch,
  more,
}: {
  label: string
  help?: string
  on: boolean
  disabled?: boolean
  onSwitch: (on: boolean) => void
  more?: ReactNode
}) {
  const id = useId()
  return (
    <div className="flex items-center gap-3">
      <label htmlFor={id} className="min-w-0 flex-1 text-second">
        {label}
        {help && (
          <span id={`${id}-help`} className="block text-caption text-ink3">
            {help}
          </span>
        )}
      </label>
      {more}
      <button
        id={id}
        type="button"
        role="switch"
        aria-checked={on}
        aria-describedby={help ? `${id}-help` : undefined}
        disabled={!!disabled}
        onClick={() => onSwitch(!on)}
        className={`relative h-5 w-9 shrink-0 rounded-full disabled:opacity-50 ${on ? 'bg-accent' : 'bg-edge'}`}
      >
        <span
          className={`absolute top-0.5 left-0.5 size-4 rounded-full bg-pane ${on ? 'translate-x-4' : ''}`}
          aria-hidden="true"
        />
      </button>
    </div>
  )
}
