import { useState } from 'react'
import { api, ask } from '../../kit/api/client'
import type { Group, Me, Role } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { Dialog } from '../../kit/ui/dialog'
import { inputClass, TextField } from '../../kit/ui/field'
import { Checks, CopyButton, SelectField } from '../parts/bits'
import { DialogForm, useForm } from '../parts/form'
import { givable } from './find'

export function InviteDialog({ me, groups, onClose }: { me: Me; groups: Group[]; onClose: () => void }) {
  const [link, setLink] = useState('')
  const form = useForm({
    first: { email: '', role: 'operator' as Role, groups: [] as string[] },
    save: async (value) => {
      const made = await ask(api.POST('/api/v1/invites', { body: { ...value, email: value.email.trim() } }))
      setLink(`${location.origin}/invite#${made.token}`)
      return value
    },
    fieldOf: { employee_exists: 'email' },
    silent: true,
  })
  const { value, set, told } = form
  if (link) {
    return (
      <Dialog title={t.cabinet.inviteMade} onClose={onClose}>
        <p className="mb-3 text-ink2">{t.cabinet.inviteMadeHelp(value.email)}</p>
        <div className="flex gap-2">
          <input
            readOnly
            data-invite-link
            aria-label={t.cabinet.inviteLink}
            value={link}
            onFocus={(event) => event.target.select()}
            className={`${inputClass} h-10`}
          />
          <CopyButton text={link} look="main" />
        </div>
      </Dialog>
    )
  }
  return (
    <Dialog title={t.cabinet.invite} onClose={onClose}>
      <DialogForm form={form} onClose={onClose} action={t.cabinet.makeInvite}>
        <TextField
          label={t.access.email}
          type="email"
          required
          autoFocus
          value={value.email}
          error={told('email')}
          onChange={(event) => set({ email: event.target.value })}
        />
        <SelectField
          label={t.cabinet.role}
          help={t.rolesHelp[value.role]}
          error={told('role')}
          value={value.role}
          options={givable(me).map((role) => [role, t.roles[role]] as const)}
          onChange={(role) => set({ role })}
        />
        {groups.length > 0 && (
          <Checks
            label={s().people.groups}
            error={told('groups')}
            chosen={value.groups}
            options={groups.map((group) => ({ value: group.group_id, label: group.name }))}
            onChange={(chosen) => set({ groups: chosen })}
          />
        )}
      </DialogForm>
    </Dialog>
  )
}
