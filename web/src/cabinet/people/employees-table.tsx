import { useState } from 'react'
import type { Employee, Group, Me } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { date, sameDay, time } from '../../kit/i18n/format'
import { Link } from '../../kit/link'
import { Avatar } from '../../kit/ui/avatar'
import { inputClass } from '../../kit/ui/field'
import { Chip, Table } from '../parts/bits'
import { found } from './find'

const since = (at: string) => (sameDay(at, new Date().toISOString()) ? time(at) : date(at))

const SIGHT = { all: 'seesAll', group: 'seesGroup', own: 'seesOwn' } as const

export function EmployeesTable({ me, people, groups }: { me: Me; people: Employee[]; groups: Group[] }) {
  const [query, setQuery] = useState('')
  const texts = s().people
  const shown = found(people, query)
  return (
    <>
      {people.length > 8 && (
        <input
          type="search"
          aria-label={texts.find}
          placeholder={texts.find}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          className={`${inputClass} mb-3 h-10 max-w-80`}
        />
      )}
      <Table
        label={texts.employees}
        heads={[t.cabinet.personName, t.cabinet.role, texts.groups, texts.status, texts.atOnce, texts.sees]}
      >
        {shown.map((one) => (
          <tr key={one.employee_id} className="relative hover:bg-hover">
            <td className="min-w-56">
              <div className="flex items-center gap-3">
                <Avatar name={one.name} />
                <div className="min-w-0">
                  <Link
                    href={`/cabinet/people/${one.employee_id}`}
                    className={`font-medium after:absolute after:inset-0 hover:text-accent-text ${one.disabled ? 'text-ink3' : ''}`}
                  >
                    {one.name}
                  </Link>
                  {one.employee_id === me.employee.employee_id && <span className="text-ink3"> · {t.cabinet.you}</span>}
                  <div className="truncate text-second text-ink3">{one.email}</div>
                </div>
              </div>
            </td>
            <td className="whitespace-nowrap">{t.roles[one.role]}</td>
            <td className="max-w-48 text-second text-ink2">
              {groups
                .filter((group) => one.groups.includes(group.group_id))
                .map((group) => group.name)
                .join(', ') || '—'}
            </td>
            <td className="whitespace-nowrap">
              {one.disabled ? (
                <Chip>{t.cabinet.disabledPerson}</Chip>
              ) : (
                <>
                  <span className="flex items-center gap-1.5">
                    <span
                      aria-hidden="true"
                      className={`size-2 rounded-full ${one.presence === 'online' ? 'bg-green' : one.presence === 'break' ? 'bg-amber' : 'bg-ink3'}`}
                    />
                    {t.presence[one.presence]}
                  </span>
                  <span className="num block text-caption text-ink3">{texts.since(since(one.presence_at))}</span>
                </>
              )}
            </td>
            <td className="num">{one.capacity ?? '∞'}</td>
            <td className="min-w-36 text-second text-ink2">{t.cabinet[SIGHT[one.visibility]]}</td>
          </tr>
        ))}
      </Table>
      {shown.length === 0 && <p className="py-6 text-center text-ink2">{s().nothingFound(query)}</p>}
    </>
  )
}
