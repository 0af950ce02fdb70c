import { Plus, Trash2 } from 'lucide-react'
import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { Button, IconButton } from '../../kit/ui/button'
import { Chip, Toggle } from '../parts/bits'
import { Part, Wrong } from './choice'
import { useEditor, useParams } from './context'
import { TemplateField } from './template-field'

const FIXED = ['channel_kind', 'channel_name', 'order', 'enquiry_kind', 'site', 'source', 'campaign'] as const
const OFTEN = ['channel.name', 'visit.site', 'visit.campaign', 'utm.source', 'employee.name']

/** AMO-7: the fixed list; BY-3: the company's own tags. */
export function TabTags() {
  const f = crmSettings().tags
  const { draft, change, told, whole } = useEditor().editing
  const params = useParams()
  const { tags } = draft.settings
  const put = (own: string[]) => change({ tags: { ...tags, own } })
  return (
    <>
      <Toggle label={f.fixed} help={f.fixedHelp} on={tags.fixed} onChange={(fixed) => change({ tags: { ...tags, fixed } })} />
      <div>
        <p className="mb-2 text-second text-ink2">{f.list}</p>
        <dl className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-4 gap-y-1.5">
          {FIXED.map((one) => (
            <div key={one} className="contents">
              <dt className="text-second">{f.names[one]}</dt>
              <dd className="justify-self-end">
                <Chip>{f.examples[one]}</Chip>
              </dd>
            </div>
          ))}
        </dl>
      </div>
      <Part title={f.own} hint={f.ownHelp}>
        <Wrong said={whole('/tags/own')} />
        {tags.own.length === 0 && <p className="text-second text-ink3">{f.none}</p>}
        <ul className="space-y-4">
          {tags.own.map((tag, n) => (
            <li key={n} className="flex items-start gap-1">
              <div className="min-w-0 flex-1">
                <TemplateField
                  label={f.ownOne(n + 1)}
                  value={tag}
                  params={params}
                  often={OFTEN}
                  error={told(`/tags/own/${n}`)}
                  onChange={(next) => put(tags.own.with(n, next))}
                />
              </div>
              <IconButton label={f.removeOwn(n + 1)} className="mt-7" onClick={() => put(tags.own.toSpliced(n, 1))}>
                <Trash2 size={15} />
              </IconButton>
            </li>
          ))}
        </ul>
        <Button look="soft" onClick={() => put([...tags.own, ''])}>
          <Plus size={15} aria-hidden="true" />
          {f.addOwn}
        </Button>
      </Part>
    </>
  )
}
