import { useState } from 'react'
import { api, ask } from '../../kit/api/client'
import type { Me } from '../../kit/api/types'
import { language as shownLanguage, t } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { date } from '../../kit/i18n/format'
import { readSession } from '../../kit/session'
import { Button } from '../../kit/ui/button'
import { TextField } from '../../kit/ui/field'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { Faulty, PageHead, useLoaded } from '../load'
import { card, Confirm, SelectField } from '../parts/bits'
import { PageForm, useForm } from '../parts/form'
import { LanguageField } from '../parts/language-field'
import { countries, timeZones, zoneTime } from './places'

interface Account {
  name: string
  time_zone: string
  language: string
  country: string
}

const formOf = (account: Account) => ({
  name: account.name,
  time_zone: account.time_zone,
  language: account.language === 'en' ? ('en' as const) : ('ru' as const),
  country: account.country,
})

/** The company's own settings. */
export function CompanyPage(_: { me: Me }) {
  const { data, fault, again } = useLoaded(() => ask(api.GET('/api/v1/account')))
  if (fault && !data) return <Faulty fault={fault} again={again} />
  return (
    <>
      <PageHead title={s().company.title} hint={s().company.hint} />
      <div className="grid gap-4">
        {data && <CompanyForm account={data} since={data.created_at} />}
        {data?.demo_data && <Samples again={again} />}
      </div>
    </>
  )
}

function CompanyForm({ account, since }: { account: Account; since: string }) {
  const texts = s().company
  const [zones] = useState(timeZones)
  const form = useForm({
    first: formOf(account),
    save: async (value) => {
      const saved = await ask(api.PATCH('/api/v1/account', { body: value }))
      // The name stands in the navigation.
      void readSession()
      return formOf(saved)
    },
  })
  const { value, set, told } = form
  const names = countries(shownLanguage)
  const known = names.some(([code]) => code === value.country)
  const clock = zoneTime(value.time_zone, new Date())
  return (
    <PageForm form={form} title={texts.main} hint={texts.since(date(since))}>
      <TextField
        label={t.access.company}
        required
        value={value.name}
        error={told('name')}
        onChange={(event) => set({ name: event.target.value })}
      />
      <TextField
        label={texts.timeZone}
        help={clock ? texts.timeZoneNow(clock) : texts.timeZoneHelp}
        error={told('time_zone')}
        required
        list="time-zones"
        autoComplete="off"
        value={value.time_zone}
        onChange={(event) => set({ time_zone: event.target.value.trim() })}
      />
      <datalist id="time-zones">
        {zones.map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
      <LanguageField help={texts.languageHelp} error={told('language')} value={value.language} onChange={(language) => set({ language })} />
      <SelectField
        label={texts.country}
        help={texts.countryHelp}
        error={told('country')}
        value={value.country}
        options={known ? names : [[value.country, value.country], ...names]}
        onChange={(country) => set({ country })}
      />
    </PageForm>
  )
}

/** The sample chats of the first start: one button takes them away. */
function Samples({ again }: { again: () => void }) {
  const texts = s().company
  const [asking, setAsking] = useState(false)
  const remove = () =>
    void ask(api.DELETE('/api/v1/account/demo-data')).then(() => {
      setAsking(false)
      toast(texts.samplesGone)
      again()
      void readSession()
    }, tellRefusal)
  return (
    <section className={`${card} max-w-[640px] p-6`}>
      <h2 className="text-heading font-semibold">{texts.samples}</h2>
      <p className="mt-0.5 mb-3 text-second text-ink2">{texts.samplesText}</p>
      <Button look="danger" onClick={() => setAsking(true)}>
        {texts.samplesRemove}
      </Button>
      {asking && (
        <Confirm
          title={texts.samplesAsk}
          text={texts.samplesText}
          action={t.remove}
          onClose={() => setAsking(false)}
          onYes={remove}
        />
      )}
    </section>
  )
}
