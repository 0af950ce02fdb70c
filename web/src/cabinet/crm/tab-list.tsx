import { type KeyboardEvent, useEffect, useRef } from 'react'
import { crmQuarantine } from '../../kit/i18n/flow/crm-quarantine'
import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { type Tab, TABS } from './pointers'

/** Tabs beside the form, or above it in a narrow window; arrows go through them. */
export function TabList({
  current,
  wrong,
  warned,
  waiting,
  open,
}: {
  current: Tab
  wrong: Set<Tab>
  warned: Set<Tab>
  /** How much waits in the journal for a person. */
  waiting: number
  open: (tab: Tab) => void
}) {
  const f = crmSettings()
  const list = useRef<HTMLDivElement>(null)
  // In a narrow window the row is longer than what is seen of it.
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest', inline: 'center' })
  }, [current])
  const key = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }
    const step = steps[event.code]
    const place = TABS.indexOf(current)
    const next =
      event.code === 'Home'
        ? TABS[0]
        : event.code === 'End'
          ? TABS.at(-1)
          : step && TABS[(place + step + TABS.length) % TABS.length]
    if (!next) return
    event.preventDefault()
    open(next)
    list.current?.querySelector<HTMLElement>(`#crm-tab-${next}`)?.focus()
  }
  return (
    <div
      ref={list}
      role="tablist"
      aria-label={f.tabList}
      onKeyDown={key}
      className="sticky top-4 flex flex-col gap-0.5 max-[1023px]:relative max-[1023px]:top-0 max-[1023px]:flex-row max-[1023px]:overflow-x-auto max-[1023px]:pb-1"
    >
      {TABS.map((tab) => (
        <button
          key={tab}
          id={`crm-tab-${tab}`}
          type="button"
          role="tab"
          aria-selected={tab === current}
          aria-controls="crm-panel"
          tabIndex={tab === current ? 0 : -1}
          onClick={() => open(tab)}
          className="flex h-9 shrink-0 items-center gap-2 rounded-control px-2.5 text-left font-medium text-ink2 -outline-offset-2 hover:bg-hover aria-selected:bg-accent-soft aria-selected:text-accent-text"
        >
          <span className="min-w-0 flex-1 whitespace-nowrap">{f.tabs[tab]}</span>
          {tab === 'log' && waiting > 0 && <Count n={waiting} />}
          {wrong.has(tab) ? <Mark tone="bg-red" said={f.hasFault} /> : warned.has(tab) && <Mark tone="bg-amber" said={f.hasWarning} />}
        </button>
      ))}
    </div>
  )
}

function Count({ n }: { n: number }) {
  const said = crmQuarantine().count(n)
  return (
    <span className="num rounded-full bg-amber-soft px-1.5 text-caption font-medium text-amber" title={said}>
      <span aria-hidden="true">{n}</span>
      <span className="sr-only">{said}</span>
    </span>
  )
}

function Mark({ tone, said }: { tone: string; said: string }) {
  return (
    <span className={`size-2 shrink-0 rounded-full ${tone}`} title={said}>
      <span className="sr-only">{said}</span>
    </span>
  )
}
