import { ChevronDown, ShieldCheck } from 'lucide-react'
import { useState } from 'react'
import { api, ask } from '../../kit/api/client'
import type { components } from '../../kit/api/schema'
import type { Me } from '../../kit/api/types'
import { s } from '../../kit/i18n/cabinet-settings'
import { date, number, time } from '../../kit/i18n/format'
import { has } from '../../kit/session'
import { Button } from '../../kit/ui/button'
import { tellRefusal } from '../../kit/ui/toast'
import { Faulty, PageHead, useLoaded } from '../load'
import { card, More } from '../parts/bits'
import { readEmployees, readGroups } from '../parts/directory'
import { usePages } from '../parts/pages'
import { deed, facts } from './readable'

type Line = components['schemas']['AuditView']

/** Who changed what, newest first; the lines hold each other, so none can be changed unseen. */
export function AuditPage({ me }: { me: Me }) {
  const names = useLoaded(async () => {
    const [people, groups, channels] = await Promise.all([
      readEmployees(),
      readGroups(),
      has(me, 'manage_channels') ? ask(api.GET('/api/v1/channels')).then((page) => page.items) : [],
    ])
    return new Map<string, string>([
      ...people.map((one) => [one.employee_id, one.name] as const),
      ...groups.map((one) => [one.group_id, one.name] as const),
      ...channels.map((one) => [one.channel_id, one.name] as const),
      [me.account.account_id, me.account.name] as const,
    ])
  })
  const { items, next, more, again, fault, busy } = usePages((cursor) =>
    ask(api.GET('/api/v1/audit', { params: { query: { limit: 50, ...(cursor ? { cursor } : {}) } } })),
  )
  if (fault && !items) return <Faulty fault={fault} again={again} />
  if (!items) return null
  const nameOf = (id: string) => names.data?.get(id) ?? ''
  const texts = s().audit
  const days = byDay(items)
  return (
    <>
      <PageHead title={texts.title} hint={texts.hint}>
        <Check />
      </PageHead>
      {days.map(([day, lines]) => (
        <section key={day} className="mb-5">
          <h2 className="mb-2 text-second font-semibold text-ink2">{day}</h2>
          <ul className={`${card} overflow-hidden`}>
            {lines.map((line) => (
              <OneLine key={line.audit_id} line={line} nameOf={nameOf} />
            ))}
          </ul>
        </section>
      ))}
      <More next={next} busy={busy} more={more} />
    </>
  )
}

function byDay(lines: readonly Line[]): [string, Line[]][] {
  const days = new Map<string, Line[]>()
  for (const line of lines) {
    const day = date(line.at)
    days.set(day, [...(days.get(day) ?? []), line])
  }
  return [...days]
}

const named = (details: unknown): string => {
  const name = typeof details === 'object' && details !== null && 'name' in details ? details.name : ''
  return typeof name === 'string' ? name : ''
}

function OneLine({ line, nameOf }: { line: Line; nameOf: (id: string) => string }) {
  const texts = s().audit
  const told = facts(line.details, nameOf)
  // What is deleted has its name in the line alone.
  const object = nameOf(line.object) || named(line.details)
  const self = line.object === line.actor_id
  return (
    <li className="border-b border-line last:border-0">
      <details className="group">
        <summary className="flex list-none items-baseline gap-3 px-4 py-2.5 -outline-offset-2 hover:bg-hover">
          <span className="num w-12 shrink-0 text-second text-ink3">{time(line.at)}</span>
          <span className="min-w-0 flex-1">
            <span className="font-medium">{line.actor_id ? nameOf(line.actor_id) || texts.gone : texts.system}</span>
            <span className="text-ink2">
              {' '}
              {deed(line.action)}
              {object && !self && <span className="text-ink">: {object}</span>}
            </span>
          </span>
          <ChevronDown size={16} aria-hidden="true" className="shrink-0 self-center text-ink3 group-open:rotate-180" />
        </summary>
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 bg-raised px-4 py-3 pl-[76px] text-second">
          {told.map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="text-ink3">{name}</dt>
              <dd className="break-words">{value}</dd>
            </div>
          ))}
          <dt className="text-ink3">{texts.object}</dt>
          <dd className="font-mono text-caption break-all">{line.object || '—'}</dd>
          <dt className="text-ink3">{texts.line}</dt>
          <dd className="num">
            № {line.audit_id} · <span className="font-mono text-caption">{line.action}</span>
          </dd>
        </dl>
      </details>
    </li>
  )
}

function Check() {
  const texts = s().audit
  const [outcome, setOutcome] = useState<components['schemas']['AuditCheck'] | null>(null)
  const [busy, setBusy] = useState(false)
  const check = () => {
    setBusy(true)
    ask(api.GET('/api/v1/audit/check'))
      .then(setOutcome, tellRefusal)
      .finally(() => setBusy(false))
  }
  const broken = outcome?.broken_at ?? null
  return (
    <div className="flex flex-wrap items-center gap-3">
      <span aria-live="polite" className={`text-second ${broken === null ? 'text-green' : 'text-red'}`}>
        {outcome && (broken === null ? texts.whole(number(outcome.lines)) : texts.broken(number(broken)))}
      </span>
      <Button disabled={busy} onClick={check}>
        <ShieldCheck size={16} aria-hidden="true" />
        {texts.check}
      </Button>
    </div>
  )
}
