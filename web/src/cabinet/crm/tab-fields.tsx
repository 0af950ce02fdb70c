import { Plus, Trash2 } from 'lucide-react'
import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { Button, IconButton } from '../../kit/ui/button'
import { SelectField } from '../parts/bits'
import { Part, Wrong } from './choice'
import { useEditor, useParams } from './context'
import { LiveLine } from './live-line'
import { ParamSelect } from './param-select'
import type { FieldPair } from './settings'
import type { CrmField } from './views'

/** AMO-8, BY-3: what is written into fields of the CRM's own. */
export function TabFields() {
  const f = crmSettings().fields
  return (
    <>
      <p className="text-second text-ink2">
        {f.help} {f.textAdvice}
      </p>
      <LiveLine />
      <Pairs of="contact" title={f.contact} />
      <Pairs of="deal" title={f.deal} />
    </>
  )
}

function Pairs({ of, title }: { of: 'contact' | 'deal'; title: string }) {
  const f = crmSettings()
  const { editing, live } = useEditor()
  const { draft, change, told, whole, warning } = editing
  const params = useParams()
  const pairs = draft.settings.fields[of]
  const fields = live.directory.fields.filter((one) => one.of === of)
  const put = (next: FieldPair[]) => change({ fields: { ...draft.settings.fields, [of]: next } })
  const writable = fields.filter((one) => !one.read_only && one.kind !== 'other')
  const nameOf = (one: CrmField) => `${one.name} (${f.fields.kinds[one.kind]})`
  const add = () => {
    const free = writable.find((one) => one.kind === 'text' && !pairs.some((pair) => pair.field === one.id))
    put([...pairs, { field: free?.id ?? '', from: 'visit.site' }])
  }
  return (
    <Part
      title={title}
      action={
        <Button aria-label={`${f.fields.add}: ${title}`} onClick={add}>
          <Plus size={15} aria-hidden="true" />
          {f.fields.add}
        </Button>
      }
    >
      <Wrong said={whole(`/fields/${of}`)} />
      {pairs.length === 0 && <p className="text-second text-ink3">{f.fields.none}</p>}
      <ul className="space-y-3">
        {pairs.map((pair, n) => {
          const at = `/fields/${of}/${n}`
          const field = fields.find((one) => one.id === pair.field)
          const gone = pair.field && fields.length > 0 && !field
          const twice = pair.field && pairs.findIndex((one) => one.field === pair.field) !== n
          const wrong =
            told(`${at}/field`) ??
            (gone ? f.fields.goneField : field?.read_only || field?.kind === 'other' ? f.fields.readOnly : told(at))
          return (
            <li key={n} className="rounded-card border border-line p-3">
              <div className="flex items-start gap-1">
                <div className="grid min-w-0 flex-1 grid-cols-2 gap-3 max-[759px]:grid-cols-1">
                  <SelectField
                    label={f.fields.field}
                    error={wrong}
                    value={pair.field}
                    options={[
                      ...(pair.field ? [] : [['', f.choose] as const]),
                      ...writable.map((one) => [one.id, nameOf(one)] as const),
                      ...(pair.field && !writable.some((one) => one.id === pair.field)
                        ? [[pair.field, field ? nameOf(field) : f.gone] as const]
                        : []),
                    ]}
                    onChange={(id) => put(pairs.with(n, { ...pair, field: id }))}
                  />
                  <ParamSelect
                    label={f.fields.from}
                    value={pair.from}
                    params={params}
                    error={told(`${at}/from`)}
                    onChange={(from) => put(pairs.with(n, { ...pair, from }))}
                  />
                </div>
                <IconButton label={f.fields.remove(n + 1)} className="mt-7" onClick={() => put(pairs.toSpliced(n, 1))}>
                  <Trash2 size={15} />
                </IconButton>
              </div>
              <Remarks field={field} twice={!!twice} warning={wrong ? undefined : warning(at)} />
            </li>
          )
        })}
      </ul>
    </Part>
  )
}

/** What may not fit the field. */
function Remarks({ field, twice, warning }: { field: CrmField | undefined; twice: boolean; warning: string | undefined }) {
  const f = crmSettings().fields
  const misfits: Partial<Record<string, string>> = f.misfit
  const misfit = field && misfits[field.kind]
  const choices = field?.choices?.slice(0, 8).map((one) => one.value) ?? []
  const said = [twice ? f.twice : undefined, warning, warning ? undefined : misfit].filter((one) => one !== undefined)
  if (said.length === 0) return null
  return (
    <div className="mt-2 space-y-0.5 text-caption text-amber">
      {said.map((one) => (
        <p key={one}>{one}</p>
      ))}
      {choices.length > 0 && <p className="text-ink3">{f.choices(choices.join(', '))}</p>}
    </div>
  )
}
