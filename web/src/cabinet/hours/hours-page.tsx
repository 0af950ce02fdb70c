import { Copy, Plus, Trash2 } from 'lucide-react'
import { useMemo, useRef, useState } from 'react'
import type { Me, Words } from '../../kit/api/types'
import { t, words } from '../../kit/i18n'
import { hoursTexts } from '../../kit/i18n/flow/hours'
import { date as dateWords } from '../../kit/i18n/format'
import { newId } from '../../kit/id'
import { go } from '../../kit/route'
import { Button, IconButton } from '../../kit/ui/button'
import { inputClass, TextField } from '../../kit/ui/field'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { PageHead } from '../load'
import { Back, Confirm, SelectField } from '../parts/bits'
import { type Form, PageForm, useForm } from '../parts/form'
import { changeHours, deleteHours, makeHours, type StoredHours } from './api'
import { DAYS, type Day, fromForm, type HoursForm, likeWorkdays, newHours, toForm } from './hours'
import { OpenChip } from './open-chip'
import { Ranges } from './ranges'
import { zoneOptions } from './zones'

/** One schedule: its week, its special days, its zone, and whether it is open now. */
export function HoursPage({ me, stored }: { me: Me; stored: StoredHours | null }) {
  const f = hoursTexts()
  const [removing, setRemoving] = useState(false)
  const key = useRef(newId())
  const first = useMemo(
    () => (stored ? toForm(stored.name, stored.schedule) : newHours(f.first, me.account.time_zone)),
    [stored],
  )
  const form = useForm<HoursForm>({
    first,
    save: async (value) => {
      const schedule = fromForm(value)
      if (stored) await changeHours(stored.schedule_id, value.name, schedule)
      else {
        const id = await makeHours(value.name, schedule, key.current)
        go(`/cabinet/hours/${id}`, 'replace')
      }
      return toForm(value.name.trim(), schedule)
    },
  })
  const { value } = form
  const schedule = useMemo(() => fromForm(value), [value])
  const zones = useMemo(() => zoneOptions(value.time_zone), [value.time_zone])
  return (
    <>
      <Back href="/cabinet/hours">{f.all}</Back>
      <PageHead title={stored?.name ?? f.make}>
        {stored && (
          <Button look="danger" onClick={() => setRemoving(true)}>
            <Trash2 size={15} aria-hidden="true" />
            {t.remove}
          </Button>
        )}
      </PageHead>
      <PageForm form={form}>
        <div aria-live="polite">
          <OpenChip schedule={schedule} />
        </div>
        <TextField
          label={f.name}
          required
          maxLength={100}
          value={value.name}
          error={form.told('name')}
          onChange={(event) => form.set({ name: event.target.value })}
        />
        <SelectField
          label={f.zone}
          error={said(form.errors, 'schedule/time_zone')}
          value={value.time_zone}
          options={zones}
          onChange={(time_zone) => form.set({ time_zone })}
        />
        <Week form={form} />
        <SpecialDays form={form} />
        {!stored && !form.changed && (
          <div className="flex justify-end">
            <Button type="submit" look="main" disabled={form.busy}>
              {t.save}
            </Button>
          </div>
        )}
      </PageForm>
      {removing && stored && (
        <Confirm
          title={f.removeTitle(stored.name)}
          text={f.removeText}
          action={t.remove}
          onClose={() => setRemoving(false)}
          onYes={() =>
            deleteHours(stored.schedule_id).then(() => {
              toast(f.removed(stored.name))
              go('/cabinet/hours')
            }, tellRefusal)
          }
        />
      )}
    </>
  )
}

/** The first fault at a place or in it. */
function said(errors: Map<string, Words>, place: string): string | undefined {
  for (const [field, found] of errors) if (field === place || field.startsWith(`${place}/`)) return words(found)
  return undefined
}

function Week({ form }: { form: Form<HoursForm> }) {
  const f = hoursTexts()
  const { week } = form.value
  const set = (day: Day, ranges: HoursForm['week'][Day]) => form.set({ week: { ...week, [day]: ranges } })
  const whole = form.errors.get('schedule/week')
  return (
    <fieldset>
      <legend className="mb-1 text-second font-medium text-ink2">{f.week}</legend>
      <div className={`divide-y divide-line rounded-control border ${whole ? 'border-red' : 'border-edge'}`}>
        {DAYS.map((day) => (
          <div
            key={day}
            role="group"
            aria-label={f.days[day]}
            className="flex items-start gap-3 px-3 py-2.5 max-[759px]:flex-wrap max-[759px]:gap-1"
          >
            <span className="w-28 shrink-0 pt-2 font-medium max-[759px]:w-full max-[759px]:pt-0">{f.days[day]}</span>
            <Ranges
              day={f.days[day]}
              ranges={week[day]}
              error={said(form.errors, `schedule/week/${day}`)}
              wrong={(n) => form.errors.has(`schedule/week/${day}/${n}`) || form.errors.has(`schedule/week/${day}`)}
              onChange={(ranges) => set(day, ranges)}
            />
            {day === 'mon' && (
              <IconButton
                label={f.copyDown(f.days[day])}
                onClick={() => form.set({ week: likeWorkdays(week, day) })}
                className="mt-0.5"
              >
                <Copy size={15} />
              </IconButton>
            )}
          </div>
        ))}
      </div>
      <p className={`mt-1 text-caption ${whole ? 'text-red' : 'text-ink3'}`}>{whole ? words(whole) : f.weekHelp}</p>
    </fieldset>
  )
}

function SpecialDays({ form }: { form: Form<HoursForm> }) {
  const f = hoursTexts()
  const { holidays } = form.value
  const [date, setDate] = useState('')
  const [fault, setFault] = useState('')
  const add = () => {
    if (!date) return setFault(f.noDay)
    if (holidays.some((one) => one.date === date)) return setFault(f.sameDay)
    setFault('')
    setDate('')
    const next = [...holidays, { date, ranges: [] }].sort((a, b) => (a.date < b.date ? -1 : 1))
    form.set({ holidays: next })
  }
  return (
    <fieldset>
      <legend className="mb-1 text-second font-medium text-ink2">{f.special}</legend>
      <p className="mb-2 text-caption text-ink3">{f.specialHelp}</p>
      {holidays.length > 0 && (
        <div className="mb-2 divide-y divide-line rounded-control border border-edge">
          {holidays.map((one, n) => {
            const name = dateWords(`${one.date}T12:00:00`)
            return (
              <div
                key={one.date}
                role="group"
                aria-label={name}
                className="flex items-start gap-3 px-3 py-2.5 max-[759px]:flex-wrap"
              >
                <span className="num w-28 shrink-0 pt-2 font-medium">{name}</span>
                <Ranges
                  day={name}
                  ranges={one.ranges}
                  error={said(form.errors, `schedule/holidays/${one.date}`)}
                  wrong={(range) => form.errors.has(`schedule/holidays/${one.date}/${range}`)}
                  onChange={(ranges) => form.set({ holidays: holidays.with(n, { ...one, ranges }) })}
                />
                <IconButton
                  label={f.removeSpecial(name)}
                  onClick={() => form.set({ holidays: holidays.toSpliced(n, 1) })}
                  className="mt-0.5"
                >
                  <Trash2 size={15} />
                </IconButton>
              </div>
            )
          })}
        </div>
      )}
      <div className="flex flex-wrap items-center gap-2">
        <input
          type="date"
          aria-label={f.specialDay}
          aria-invalid={fault ? true : undefined}
          value={date}
          onChange={(event) => setDate(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return
            event.preventDefault()
            add()
          }}
          className={`${inputClass} h-9 w-auto`}
        />
        <Button onClick={add}>
          <Plus size={15} aria-hidden="true" />
          {f.addSpecial}
        </Button>
        {fault && (
          <span role="alert" className="text-caption text-red">
            {fault}
          </span>
        )}
      </div>
    </fieldset>
  )
}
