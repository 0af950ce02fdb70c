import { Moon, Sun } from 'lucide-react'
import { useCallback, useEffect, useRef, useState } from 'react'
import type { Channel } from '../../kit/api/types'
import { language as shownLanguage } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { IconButton } from '../../kit/ui/button'
import { card } from '../parts/bits'

const STATES = ['chat', 'closed', 'prompt', 'form', 'offline', 'channels', 'rating'] as const
type State = (typeof STATES)[number]

/** The site's chat as the form makes it, before anything is saved. */
export function WidgetPreview({ settings, others }: { settings: unknown; others: readonly Channel[] }) {
  const texts = s().preview
  const frame = useRef<HTMLIFrameElement>(null)
  const [state, setState] = useState<State>('chat')
  const [language, setLanguage] = useState<'ru' | 'en'>(shownLanguage)
  const [theme, setTheme] = useState<'light' | 'dark' | null>(null)
  const channels = others.map((one) => ({ kind: one.kind, name: one.name }))
  const message = JSON.stringify({
    type: 'beseda.preview',
    settings,
    state,
    language,
    ...(theme ? { theme } : {}),
    ...(channels.length > 0 ? { channels } : {}),
  })
  const held = useRef(message)
  held.current = message
  const show = useCallback(() => {
    frame.current?.contentWindow?.postMessage(JSON.parse(held.current), location.origin)
  }, [])
  useEffect(show, [show, message])
  useEffect(() => {
    const hear = (event: MessageEvent) => {
      const told = event.data as { type?: unknown } | null
      if (event.source === frame.current?.contentWindow && told?.type === 'beseda.preview.ready') show()
    }
    addEventListener('message', hear)
    return () => removeEventListener('message', hear)
  }, [show])
  return (
    <section className={`${card} sticky top-0 overflow-hidden`} aria-label={texts.title}>
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-3">
        <h2 className="mr-auto font-semibold">{texts.title}</h2>
        <select
          aria-label={texts.state}
          value={state}
          onChange={(event) => setState(STATES.find((one) => one === event.target.value) ?? 'chat')}
          className="h-8 rounded-control border border-edge bg-pane px-2 text-second"
        >
          {STATES.map((one) => (
            <option key={one} value={one}>
              {texts.states[one]}
            </option>
          ))}
        </select>
        <select
          aria-label={s().language}
          value={language}
          onChange={(event) => setLanguage(event.target.value === 'en' ? 'en' : 'ru')}
          className="h-8 rounded-control border border-edge bg-pane px-2 text-second"
        >
          <option value="ru">Русский</option>
          <option value="en">English</option>
        </select>
        <IconButton
          label={theme === 'dark' ? texts.light : texts.dark}
          onClick={() => setTheme(theme === 'dark' ? 'light' : 'dark')}
        >
          {theme === 'dark' ? <Sun size={16} /> : <Moon size={16} />}
        </IconButton>
      </div>
      <iframe
        ref={frame}
        title={texts.title}
        src="/widget/preview/preview.html"
        onLoad={show}
        className="block h-[640px] w-full bg-canvas"
      />
      <p className="border-t border-line px-4 py-2 text-caption text-ink3">{texts.hint}</p>
    </section>
  )
}
