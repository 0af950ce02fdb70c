import { UserPlus } from 'lucide-react'
import { useState } from 'react'
import { api, ask } from '../../kit/api/client'
import { t } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { Button } from '../../kit/ui/button'
import { useFeed } from '../feed'
import { Faulty, PageHead, useLoaded } from '../load'
import { Tabs } from '../parts/bits'
import { readEmployees, readGroups, useDirectory } from '../parts/directory'
import type { PageProps } from '../sections'
import { EmployeePage } from './employee-page'
import { EmployeesTable } from './employees-table'
import { Groups } from './groups'
import { InviteDialog } from './invite-dialog'
import { Invites } from './invites'

/** Employees, groups and invites; an employee has a page of their own. */
export function PeopleSection({ me, id }: PageProps) {
  const [inviting, setInviting] = useState(false)
  const { data, fault, again } = useLoaded(async () => {
    const [people, groups, invites] = await Promise.all([
      readEmployees(),
      readGroups(),
      ask(api.GET('/api/v1/invites', { params: { query: { limit: 100 } } })),
    ])
    return { people, groups, invites: invites.items }
  })
  useFeed((frame) => {
    if (frame.kind === 'employee.changed' || frame.kind === 'resync') again()
  })
  useDirectory('groups', again)
  if (fault && !data) return <Faulty fault={fault} again={again} />
  if (!data) return null
  const { people, groups, invites } = data
  const person = people.find((one) => one.employee_id === id)
  if (person) return <EmployeePage key={id} me={me} person={person} groups={groups} again={again} />
  const tab = id === 'groups' || id === 'invites' ? id : ''
  const href = tab ? `/cabinet/people/${tab}` : '/cabinet/people'
  const texts = s().people
  return (
    <>
      <PageHead title={t.cabinet.people} hint={texts.hint}>
        <Button look="main" onClick={() => setInviting(true)}>
          <UserPlus size={16} aria-hidden="true" />
          {t.cabinet.invite}
        </Button>
      </PageHead>
      <Tabs
        label={t.cabinet.people}
        current={href}
        items={[
          ['/cabinet/people', `${texts.employees} · ${people.length}`],
          ['/cabinet/people/groups', `${texts.groups} · ${groups.length}`],
          ['/cabinet/people/invites', `${t.cabinet.invites} · ${invites.length}`],
        ]}
      />
      {tab === '' && <EmployeesTable me={me} people={people} groups={groups} />}
      {tab === 'groups' && <Groups people={people} groups={groups} again={again} />}
      {tab === 'invites' && (
        <Invites invites={invites} people={people} groups={groups} again={again} invite={() => setInviting(true)} />
      )}
      {inviting && (
        <InviteDialog
          me={me}
          groups={groups}
          onClose={() => {
            setInviting(false)
            again()
          }}
        />
      )}
    </>
  )
}
