import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { Field, inputClass, TextField } from '../../kit/ui/field'
import { SelectField } from '../parts/bits'
import { readUtm } from '../scenarios/try-api'
import type { Sample } from './api'
import { useEditor } from './context'

/** The form as an enquiry; what is not filled in is not known. */
export function imagined({ site, page, referrer, campaign, source, ...enquiry }: SampleValue, utm: string): Sample {
  const known = (text: string) => text.trim() || null
  return {
    ...enquiry,
    attribution: {
      site: known(site),
      campaign: known(campaign),
      source: known(source),
      page: known(page),
      page_title: null,
      referrer: known(referrer),
      start_payload: null,
      listing: null,
      utm: readUtm(utm),
    },
  }
}

export interface SampleValue {
  channel_id: string
  order: 'first' | 'repeat'
  kind: 'chat' | 'request'
  name: string
  phone: string
  email: string
  text: string
  site: string
  page: string
  referrer: string
  campaign: string
  source: string
}

export function SampleForm({
  sample,
  set,
  utm,
  setUtm,
}: {
  sample: SampleValue
  set: (patch: Partial<SampleValue>) => void
  utm: string
  setUtm: (utm: string) => void
}) {
  const f = crmSettings().try
  const { channels } = useEditor()
  const line = (key: 'name' | 'phone' | 'email' | 'site' | 'page' | 'referrer' | 'campaign' | 'source') => (
    <TextField label={f[key]} value={sample[key]} autoComplete="off" onChange={(event) => set({ [key]: event.target.value })} />
  )
  const two = 'grid grid-cols-2 gap-3 max-[759px]:grid-cols-1'
  return (
    <>
      <div className={two}>
        <SelectField
          label={f.channel}
          value={sample.channel_id}
          options={[
            ...(sample.channel_id ? [] : [['', crmSettings().choose] as const]),
            ...channels.map((one) => [one.channel_id, one.name] as const),
          ]}
          onChange={(channel_id) => set({ channel_id })}
        />
        <SelectField
          label={f.order}
          value={sample.order}
          options={[
            ['first', f.first],
            ['repeat', f.repeat],
          ]}
          onChange={(order) => set({ order })}
        />
        {line('name')}
        {line('phone')}
        {line('email')}
        <SelectField
          label={f.kind}
          value={sample.kind}
          options={(['chat', 'request'] as const).map((kind) => [kind, crmSettings().filter.kinds[kind]] as const)}
          onChange={(kind) => set({ kind })}
        />
      </div>
      <Field label={f.text}>
        {(ids) => (
          <textarea {...ids} rows={2} value={sample.text} onChange={(event) => set({ text: event.target.value })} className={`${inputClass} py-2`} />
        )}
      </Field>
      <details className="rounded-control border border-line px-3 py-2">
        <summary className="rounded-control text-second font-medium text-ink2">{f.ads}</summary>
        <div className={`mt-2 ${two}`}>
          {line('site')}
          {line('page')}
          {line('referrer')}
          {line('campaign')}
          {line('source')}
          <Field label={f.utm} help={f.utmHelp}>
            {(ids) => (
              <textarea {...ids} rows={2} value={utm} onChange={(event) => setUtm(event.target.value)} className={`${inputClass} py-2`} />
            )}
          </Field>
        </div>
      </details>
    </>
  )
}
