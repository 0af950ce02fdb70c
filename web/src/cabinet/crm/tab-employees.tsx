import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { Select, Table, Toggle } from '../parts/bits'
import { Part, Wrong } from './choice'
import { useEditor } from './context'
import { newGate } from './filter'
import { GateForm } from './gate-form'
import { LiveLine } from './live-line'
import { byMail, linked } from './people'
import { RuleList } from './rule-list'
import { UserSelect } from './user-select'

/** AMO-12, CRM-3: who is responsible, and who of ours is who there. */
export function TabEmployees() {
  const f = crmSettings()
  const { editing, live } = useEditor()
  const { draft, change, told } = editing
  const { responsible, transfer_responsible, directory_daily } = draft.settings
  const put = (patch: Partial<typeof responsible>) => change({ responsible: { ...responsible, ...patch } })
  return (
    <>
      <Part title={f.employees.default} hint={f.employees.defaultHelp}>
        <UserSelect
          label={f.employees.theirs}
          value={responsible.default ?? ''}
          none={f.employees.nobody}
          error={told('/responsible/default')}
          onChange={(user) => put({ default: user || null })}
        />
      </Part>
      <Part title={f.employees.sync} hint={f.employees.syncText(live.directory.users.filter((one) => one.active).length)}>
        <LiveLine action={f.live.sync} />
        <Toggle
          label={f.employees.daily}
          help={f.employees.dailyHelp}
          on={directory_daily}
          onChange={(on) => change({ directory_daily: on })}
        />
      </Part>
      <Part title={f.employees.rules} hint={f.employees.rulesHelp}>
        <RuleList
          rules={responsible.rules}
          at="/responsible/rules"
          none={f.employees.noRules}
          make={() => ({ gate: newGate(), user: responsible.default ?? '' })}
          onChange={(rules) => put({ rules })}
        >
          {(rule, n, set) => (
            <>
              <GateForm
                gate={rule.gate}
                at={`/responsible/rules/${n}/gate`}
                of="rule"
                onChange={(gate) => set({ ...rule, gate })}
              />
              <UserSelect
                label={f.employees.to}
                value={rule.user}
                error={told(`/responsible/rules/${n}/user`)}
                onChange={(user) => set({ ...rule, user })}
              />
            </>
          )}
        </RuleList>
      </Part>
      <Part title={f.employees.people} hint={f.employees.peopleHelp}>
        <Toggle
          label={f.employees.transfer}
          help={f.employees.transferHelp}
          on={transfer_responsible}
          onChange={(on) => change({ transfer_responsible: on })}
        />
        <People />
      </Part>
    </>
  )
}

function People() {
  const f = crmSettings()
  const { editing, live, employees } = useEditor()
  const { draft, change, told, whole } = editing
  const { responsible } = draft.settings
  const { users } = live.directory
  return (
    <>
      <Wrong said={whole('/responsible/people')} />
      <Table label={f.employees.people} heads={[f.employees.ours, f.employees.theirs]}>
        {employees.map((person) => {
          const n = responsible.people.findIndex((one) => one.employee === person.employee_id)
          const chosen = responsible.people[n]?.user ?? ''
          const guess = byMail(person.email, users)
          const user = users.find((one) => one.id === chosen)
          const gone = chosen && !live.empty && !user?.active
          const fault = n >= 0 ? told(`/responsible/people/${n}`) : undefined
          const wrong = fault ?? (gone ? (user ? f.employees.inactiveUser : f.employees.goneUser) : undefined)
          return (
            <tr key={person.employee_id}>
              <td className="max-w-60 max-[759px]:max-w-32">
                <div className="truncate font-medium">{person.name}</div>
                <div className="truncate text-caption text-ink3">{person.email}</div>
              </td>
              <td className="min-w-60 max-[759px]:min-w-36">
                <Select
                  aria-label={`${f.employees.theirs}: ${person.name}`}
                  aria-invalid={wrong ? true : undefined}
                  value={chosen}
                  onChange={(event) =>
                    change({
                      responsible: {
                        ...responsible,
                        people: linked(responsible.people, person.employee_id, event.target.value),
                      },
                    })
                  }
                >
                  <option value="">{guess ? f.employees.byMail(guess.name) : f.employees.noMatch}</option>
                  {users
                    .filter((one) => one.active)
                    .map((one) => (
                      <option key={one.id} value={one.id}>
                        {one.name}
                      </option>
                    ))}
                  {chosen && !user?.active && (
                    <option value={chosen}>{user ? `${user.name} (${f.inactive})` : f.gone}</option>
                  )}
                </Select>
                {wrong && <p className="mt-1 text-caption text-red">{wrong}</p>}
              </td>
            </tr>
          )
        })}
      </Table>
    </>
  )
}
