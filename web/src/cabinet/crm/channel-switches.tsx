import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { Chip } from '../parts/bits'
import type { ChannelRule } from './settings'

const SWITCHES = ['create_contact', 'create_deal', 'find_existing', 'update_contact'] as const
/** CRM-1: recommended. */
const ADVISED: readonly string[] = ['create_contact', 'find_existing']

/** The four switches of CRM-1; the channel's own page has them too. */
export function ChannelSwitches({ rule, onChange }: { rule: ChannelRule; onChange: (rule: ChannelRule) => void }) {
  const f = crmSettings().main
  return (
    <div className="space-y-2.5">
      {SWITCHES.map((one) => (
        <label key={one} className="flex items-start gap-3">
          <input
            type="checkbox"
            checked={rule[one]}
            onChange={(event) => onChange({ ...rule, [one]: event.target.checked })}
            className="mt-0.5 size-4 shrink-0 accent-accent"
          />
          <span className="min-w-0">
            <span className="flex flex-wrap items-center gap-x-2">
              <span className="font-medium">{f[one]}</span>
              {ADVISED.includes(one) && <Chip tone="good">{f.recommended}</Chip>}
            </span>
            <span className="block text-caption text-ink3">{f[`${one}_help`]}</span>
          </span>
        </label>
      ))}
    </div>
  )
}
