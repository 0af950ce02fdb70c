import { Copy, UserPlus } from 'lucide-react'
import { useState } from 'react'
import { api, ask, fieldErrors } from '../kit/api/client'
import type { Employee, Me, Role, Words } from '../kit/api/types'
import { t, words } from '../kit/i18n'
import { date } from '../kit/i18n/format'
import { Avatar } from '../kit/ui/avatar'
import { Button } from '../kit/ui/button'
import { Dialog } from '../kit/ui/dialog'
import { Field, inputClass, TextField } from '../kit/ui/field'
import { tellRefusal, toast, whyRefused } from '../kit/ui/toast'
import { useFeed } from './feed'
import { Faulty, PageHead, useLoaded } from './load'

const ROLES: Role[] = ['operator', 'supervisor', 'admin', 'analyst', 'owner']

export function People({ me }: { me: Me }) {
  const [inviting, setInviting] = useState(false)
  const [changing, setChanging] = useState<Employee | null>(null)
  const { data, fault, again } = useLoaded(async () => {
    const query = { limit: 100 }
    const [people, invites] = await Promise.all([
      ask(api.GET('/api/v1/employees', { params: { query } })),
      ask(api.GET('/api/v1/invites', { params: { query } })),
    ])
    return { people: people.items, invites: invites.items }
  })
  useFeed((frame) => {
    if (frame.kind === 'employee.changed' || frame.kind === 'resync') again()
  })
  if (fault && !data) return <Faulty fault={fault} again={again} />
  if (!data) return null
  const { people, invites } = data
  const revoke = (invite_id: string) =>
    void ask(api.DELETE('/api/v1/invites/{invite_id}', { params: { path: { invite_id } } })).then(again, tellRefusal)
  return (
    <>
      <PageHead title={t.cabinet.people}>
        <Button look="main" onClick={() => setInviting(true)}>
          <UserPlus size={16} aria-hidden="true" />
          {t.cabinet.invite}
        </Button>
      </PageHead>
      <ul className="overflow-hidden rounded-card border border-line bg-pane">
        {people.map((one) => (
          <li key={one.employee_id} className="border-b border-line last:border-0">
            <button
              type="button"
              onClick={() => setChanging(one)}
              className="flex w-full items-center gap-3 px-4 py-3 text-left -outline-offset-2 hover:bg-hover"
            >
              <Avatar name={one.name} />
              <span className="min-w-0 flex-1">
                <span className="block truncate font-medium">
                  {one.name}
                  {one.employee_id === me.employee.employee_id && (
                    <span className="font-normal text-ink3"> · {t.cabinet.you}</span>
                  )}
                </span>
                <span className="block truncate text-second text-ink3">{one.email}</span>
              </span>
              <span className="text-second text-ink2">{one.disabled ? t.cabinet.disabledPerson : t.roles[one.role]}</span>
              <span className="w-28 text-right text-second text-ink3 max-[759px]:hidden">
                {one.disabled ? '' : t.presence[one.presence]}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {invites.length > 0 && (
        <section className="mt-6">
          <h2 className="mb-3 text-heading font-semibold">{t.cabinet.invites}</h2>
          <ul className="overflow-hidden rounded-card border border-line bg-pane">
            {invites.map((invite) => (
              <li
                key={invite.invite_id}
                className="flex items-center gap-3 border-b border-line px-4 py-2.5 last:border-0"
              >
                <span className="min-w-0 flex-1">
                  <span className="block truncate">{invite.email}</span>
                  <span className="block text-second text-ink3">
                    {t.roles[invite.role]} · {t.cabinet.inviteUntil(date(invite.expires_at))}
                  </span>
                </span>
                <Button look="danger" onClick={() => revoke(invite.invite_id)}>
                  {t.cabinet.revoke}
                </Button>
              </li>
            ))}
          </ul>
        </section>
      )}
      {inviting && (
        <InviteDialog
          me={me}
          onClose={() => {
            setInviting(false)
            again()
          }}
        />
      )}
      {changing && (
        <ChangeDialog
          me={me}
          person={changing}
          onClose={() => {
            setChanging(null)
            again()
          }}
        />
      )}
    </>
  )
}

/** The owner alone may make owners. */
const givable = (me: Me) => ROLES.filter((role) => role !== 'owner' || me.employee.role === 'owner')

function RoleField({
  me,
  role,
  onChange,
  disabled,
}: {
  me: Me
  role: Role
  onChange: (role: Role) => void
  disabled?: boolean
}) {
  const roles = givable(me)
  return (
    <Field label={t.cabinet.role} help={t.rolesHelp[role]}>
      {(ids) => (
        <select
          {...ids}
          value={role}
          disabled={disabled}
          onChange={(event) => onChange(ROLES.find((one) => one === event.target.value) ?? role)}
          className={`${inputClass} h-10`}
        >
          {(roles.includes(role) ? roles : [...roles, role]).map((one) => (
            <option key={one} value={one}>
              {t.roles[one]}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

function InviteDialog({ me, onClose }: { me: Me; onClose: () => void }) {
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<Role>('operator')
  const [link, setLink] = useState('')
  const [errors, setErrors] = useState(new Map<string, Words>())
  const [fault, setFault] = useState('')
  const wrong = errors.get('email')

  async function invite() {
    setErrors(new Map())
    setFault('')
    try {
      const made = await ask(api.POST('/api/v1/invites', { body: { email: email.trim(), role } }))
      setLink(`${location.origin}/invite#${made.token}`)
    } catch (error) {
      const named = fieldErrors(error)
      setErrors(named)
      if (!named.has('email')) setFault(whyRefused(error))
    }
  }

  if (link) {
    return (
      <Dialog title={t.cabinet.inviteMade} onClose={onClose}>
        <p className="mb-3 text-ink2">{t.cabinet.inviteMadeHelp(email)}</p>
        <div className="flex gap-2">
          <input
            readOnly
            data-invite-link
            aria-label={t.cabinet.inviteLink}
            value={link}
            onFocus={(event) => event.target.select()}
            className={`${inputClass} h-10`}
          />
          <Button
            look="main"
            tall="yes"
            onClick={() => navigator.clipboard?.writeText(link).then(() => toast(t.card.copied))}
          >
            <Copy size={16} aria-hidden="true" />
            {t.cabinet.copyLink}
          </Button>
        </div>
      </Dialog>
    )
  }
  return (
    <Dialog title={t.cabinet.invite} onClose={onClose}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault()
          void invite()
        }}
      >
        <TextField
          label={t.access.email}
          type="email"
          required
          autoFocus
          value={email}
          error={wrong && words(wrong)}
          onChange={(event) => setEmail(event.target.value)}
        />
        <RoleField me={me} role={role} onChange={setRole} />
        {fault && (
          <p role="alert" className="rounded-control bg-red-soft px-3 py-2 text-second text-red">
            {fault}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button type="submit" look="main">
            {t.cabinet.makeInvite}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function ChangeDialog({ me, person, onClose }: { me: Me; person: Employee; onClose: () => void }) {
  const [name, setName] = useState(person.name)
  const [role, setRole] = useState(person.role)
  const [capacity, setCapacity] = useState(person.capacity ? String(person.capacity) : '')
  const [visibility, setVisibility] = useState(person.visibility)
  const [errors, setErrors] = useState(new Map<string, Words>())
  const [fault, setFault] = useState('')
  const self = person.employee_id === me.employee.employee_id
  const params = { path: { employee_id: person.employee_id } }
  const told = (field: string) => {
    const error = errors.get(field)
    return error && words(error)
  }

  async function save() {
    setErrors(new Map())
    setFault('')
    try {
      const body = {
        name,
        capacity: capacity ? Number(capacity) : null,
        visibility,
        ...(role === person.role ? {} : { role }),
      }
      await ask(api.PATCH('/api/v1/employees/{employee_id}', { params, body }))
      onClose()
    } catch (error) {
      const named = fieldErrors(error)
      setErrors(named)
      setFault(whyRefused(error))
    }
  }
  const turn = () => {
    const request = person.disabled
      ? api.POST('/api/v1/employees/{employee_id}/enable', { params })
      : api.POST('/api/v1/employees/{employee_id}/disable', { params })
    ask(request).then(onClose, (error: unknown) => setFault(whyRefused(error)))
  }

  return (
    <Dialog title={person.name} onClose={onClose}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <TextField
          label={t.cabinet.personName}
          required
          value={name}
          error={told('name')}
          onChange={(event) => setName(event.target.value)}
        />
        <RoleField me={me} role={role} onChange={setRole} disabled={self} />
        <Field label={t.cabinet.visibility} error={told('visibility')}>
          {(ids) => (
            <select
              {...ids}
              value={visibility}
              onChange={(event) =>
                setVisibility(event.target.value === 'own' || event.target.value === 'group' ? event.target.value : 'all')
              }
              className={`${inputClass} h-10`}
            >
              <option value="all">{t.cabinet.seesAll}</option>
              <option value="group">{t.cabinet.seesGroup}</option>
              <option value="own">{t.cabinet.seesOwn}</option>
            </select>
          )}
        </Field>
        <TextField
          label={t.cabinet.capacity}
          help={t.cabinet.capacityHelp}
          type="number"
          min={1}
          value={capacity}
          error={told('capacity')}
          onChange={(event) => setCapacity(event.target.value)}
        />
        {fault && (
          <p role="alert" className="rounded-control bg-red-soft px-3 py-2 text-second text-red">
            {fault}
          </p>
        )}
        <div className="flex gap-2">
          {!self && (
            <Button look={person.disabled ? 'outline' : 'danger'} onClick={turn}>
              {person.disabled ? t.cabinet.enablePerson : t.cabinet.disablePerson}
            </Button>
          )}
          <span className="flex-1" />
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button type="submit" look="main">
            {t.save}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
