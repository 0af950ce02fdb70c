import { useState } from 'react'
import { api, ask } from '../../kit/api/client'
import type { Employee, Group, Me, Role } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { date } from '../../kit/i18n/format'
import { Avatar } from '../../kit/ui/avatar'
import { Button } from '../../kit/ui/button'
import { TextField } from '../../kit/ui/field'
import { tellRefusal } from '../../kit/ui/toast'
import { Back, card, Checks, Chip, Confirm, SelectField } from '../parts/bits'
import { PageForm, useForm } from '../parts/form'
import { LanguageField } from '../parts/language-field'
import { givable, wholeOrNull } from './find'

const formOf = (person: Employee) => ({
  name: person.name,
  role: person.role,
  visibility: person.visibility,
  capacity: person.capacity ? String(person.capacity) : '',
  language: person.language === 'en' ? ('en' as const) : ('ru' as const),
  groups: [...person.groups].sort(),
})

/** One employee: what they are called, what they may do and see. */
export function EmployeePage({ me, person, groups, again }: { me: Me; person: Employee; groups: Group[]; again: () => void }) {
  const texts = s().people
  const params = { path: { employee_id: person.employee_id } }
  const self = person.employee_id === me.employee.employee_id
  // Nobody but an owner changes an owner.
  const locked = person.role === 'owner' && me.employee.role !== 'owner'
  const form = useForm({
    first: formOf(person),
    save: async (value) => {
      const body = {
        name: value.name,
        visibility: value.visibility,
        capacity: wholeOrNull(value.capacity),
        language: value.language,
        groups: value.groups,
        ...(value.role === person.role ? {} : { role: value.role }),
      }
      const saved = await ask(api.PATCH('/api/v1/employees/{employee_id}', { params, body }))
      again()
      return formOf(saved)
    },
    fieldOf: { last_owner: 'role' },
  })
  const { value, set, told } = form
  const roles = givable(me)
  const options: Role[] = roles.includes(value.role) ? roles : [...roles, value.role]
  return (
    <>
      <Back href="/cabinet/people">{t.cabinet.people}</Back>
      <header className="mb-5 flex max-w-[640px] flex-wrap items-center gap-3">
        <Avatar name={person.name} size="large" />
        <div className="min-w-0 flex-1">
          <h1 className="truncate text-page font-semibold">{person.name}</h1>
          <p className="truncate text-second text-ink3">
            {person.email} · {texts.joined(date(person.created_at))}
          </p>
        </div>
        {person.disabled && <Chip>{t.cabinet.disabledPerson}</Chip>}
      </header>
      {locked && <p className={`${card} mb-4 max-w-[640px] px-4 py-3 text-ink2`}>{texts.ownerOnly}</p>}
      <fieldset disabled={locked} className="grid gap-4">
        <legend className="sr-only">{t.cabinet.settings}</legend>
        <PageForm form={form} title={t.cabinet.settings}>
          <TextField
            label={t.cabinet.personName}
            required
            value={value.name}
            error={told('name')}
            onChange={(event) => set({ name: event.target.value })}
          />
          <SelectField
            label={t.cabinet.role}
            help={self ? texts.ownRole : t.rolesHelp[value.role]}
            error={told('role')}
            value={value.role}
            disabled={self}
            options={options.map((role) => [role, t.roles[role]] as const)}
            onChange={(role) => set({ role })}
          />
          <SelectField
            label={t.cabinet.visibility}
            error={told('visibility')}
            value={value.visibility}
            options={[
              ['all', t.cabinet.seesAll],
              ['group', t.cabinet.seesGroup],
              ['own', t.cabinet.seesOwn],
            ]}
            onChange={(visibility) => set({ visibility })}
          />
          <TextField
            label={t.cabinet.capacity}
            help={t.cabinet.capacityHelp}
            type="number"
            min={1}
            max={1000}
            className="max-w-40"
            value={value.capacity}
            error={told('capacity')}
            onChange={(event) => set({ capacity: event.target.value })}
          />
          <Checks
            label={texts.groups}
            empty={texts.noGroupsYet}
            error={told('groups')}
            chosen={value.groups}
            options={groups.map((group) => ({ value: group.group_id, label: group.name }))}
            onChange={(chosen) => set({ groups: chosen.sort() })}
          />
          <LanguageField error={told('language')} value={value.language} onChange={(language) => set({ language })} />
        </PageForm>
        {!self && <Access person={person} again={again} />}
      </fieldset>
    </>
  )
}

function Access({ person, again }: { person: Employee; again: () => void }) {
  const [asking, setAsking] = useState(false)
  const texts = s().people
  const params = { path: { employee_id: person.employee_id } }
  const turn = () => {
    const request = person.disabled
      ? api.POST('/api/v1/employees/{employee_id}/enable', { params })
      : api.POST('/api/v1/employees/{employee_id}/disable', { params })
    void ask(request).then(() => {
      setAsking(false)
      again()
    }, tellRefusal)
  }
  return (
    <section className={`${card} max-w-[640px] p-6`}>
      <h2 className="text-heading font-semibold">{texts.access}</h2>
      <p className="mt-0.5 mb-3 text-second text-ink2">{person.disabled ? texts.enableHelp : texts.disableHelp}</p>
      {person.disabled ? (
        <Button onClick={turn}>{t.cabinet.enablePerson}</Button>
      ) : (
        <Button look="danger" onClick={() => setAsking(true)}>
          {t.cabinet.disablePerson}
        </Button>
      )}
      {asking && (
        <Confirm
          title={texts.disableAsk(person.name)}
          text={texts.disableHelp}
          action={t.cabinet.disablePerson}
          onClose={() => setAsking(false)}
          onYes={turn}
        />
      )}
    </section>
  )
}
