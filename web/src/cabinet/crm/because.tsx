import { words } from '../../kit/i18n'
import { crmTexts } from '../../kit/i18n/flow/crm'
import { TextButton } from './choice'
import { mendTab, type Tab } from './pointers'
import type { Because } from './views'

/** The number of a rule, as it stands in the product's rules. */
export function RuleChip({ rule }: { rule: string }) {
  return (
    <span
      title={`${crmTexts().log.because} ${rule}`}
      className="num inline-flex h-5 shrink-0 items-center rounded-full bg-accent-soft px-2 text-meta font-semibold text-accent-text"
    >
      {rule}
    </span>
  )
}

/** What is written: phones, tags, fields by their names. */
export function Written({ lines }: { lines: Because['facts'] }) {
  if (!lines || lines.length === 0) return null
  return (
    <div className="mt-1 rounded-control bg-hover px-2.5 py-1.5">
      <Facts facts={lines} />
    </div>
  )
}

function Facts({ facts }: { facts: NonNullable<Because['facts']> }) {
  return (
    <dl className="flex flex-wrap gap-x-4 gap-y-0.5 text-caption">
      {facts.map((fact, n) => (
        <div key={n} className="min-w-0 break-words">
          <dt className="inline text-ink3">{words(fact.name)}:</dt> <dd className="num inline text-ink2">{fact.value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** A rule and the facts that led to something, or to its absence (BY-6). */
export function Why({ because, onMend }: { because: Because; onMend?: ((tab: Tab) => void) | undefined }) {
  const f = crmTexts().log
  const tab = because.mend ? mendTab(because.mend) : null
  return (
    <div className="min-w-0">
      <p className="text-second text-ink2">{words(because.words)}</p>
      {because.facts && because.facts.length > 0 && (
        <div className="mt-1">
          <Facts facts={because.facts} />
        </div>
      )}
      {tab && onMend && (
        <p className="mt-1 text-second">
          <TextButton onClick={() => onMend(tab)}>{f.mendHere}</TextButton>
        </p>
      )}
    </div>
  )
}

/** What was decided against, each with its reason (CRM-6). */
export function LeftOut({ items, title, onMend }: { items: readonly Because[]; title: string; onMend?: ((tab: Tab) => void) | undefined }) {
  if (items.length === 0) return null
  return (
    <section className="rounded-card border border-line bg-pane p-4" data-left-out>
      <h3 className="mb-2 font-semibold">{title}</h3>
      <ul className="space-y-3">
        {items.map((one, n) => (
          <li key={n} className="flex items-start gap-2.5">
            <RuleChip rule={one.rule} />
            <Why because={one} onMend={onMend} />
          </li>
        ))}
      </ul>
    </section>
  )
}
