import { UsersRound } from 'lucide-react'
import { api, ask } from '../../kit/api/client'
import type { Employee, Group } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { Avatar } from '../../kit/ui/avatar'
import { Dialog } from '../../kit/ui/dialog'
import { TextField } from '../../kit/ui/field'
import { Checks } from '../parts/bits'
import { EditableList } from '../parts/editable-list'
import { DialogForm, useForm } from '../parts/form'

/** Groups: conversations are transferred to them and scenarios share among their members. */
export function Groups({ people, groups, again }: { people: Employee[]; groups: Group[]; again: () => void }) {
  const texts = s().people
  return (
    <EditableList
      items={groups}
      keyOf={(group) => group.group_id}
      texts={texts.groupList}
      icon={<UsersRound size={22} />}
      look="flex-wrap gap-3 py-3"
      row={(group) => {
        const members = people.filter((one) => group.members.includes(one.employee_id))
        return (
          <>
            <div className="min-w-40 flex-1">
              <div className="font-medium">{group.name}</div>
              <div className="text-second text-ink3">
                {members.length === 0 ? texts.nobodyIn : members.map((one) => one.name).join(', ')}
              </div>
            </div>
            <div className="flex -space-x-2" aria-hidden="true">
              {members.slice(0, 5).map((one) => (
                <Avatar key={one.employee_id} name={one.name} size="small" />
              ))}
            </div>
          </>
        )
      }}
      dialog={(group, onClose, onSaved) => <GroupDialog group={group} people={people} onClose={onClose} onSaved={onSaved} />}
      remove={({ group_id }) => ask(api.DELETE('/api/v1/groups/{group_id}', { params: { path: { group_id } } }))}
      again={again}
    />
  )
}

function GroupDialog({
  group,
  people,
  onClose,
  onSaved,
}: {
  group: Group | null
  people: Employee[]
  onClose: () => void
  onSaved: () => void
}) {
  const texts = s().people
  const form = useForm({
    first: { name: group?.name ?? '', members: group?.members ?? [] },
    save: async (value) => {
      if (group) {
        const params = { path: { group_id: group.group_id } }
        await ask(api.PATCH('/api/v1/groups/{group_id}', { params, body: value }))
      } else await ask(api.POST('/api/v1/groups', { body: value }))
      onSaved()
      return value
    },
    fieldOf: { group_name_taken: 'name' },
  })
  const { value, set, told } = form
  return (
    <Dialog title={group ? group.name : texts.groupList.add} onClose={onClose}>
      <DialogForm form={form} onClose={onClose}>
        <TextField
          label={texts.groupName}
          required
          autoFocus
          value={value.name}
          error={told('name')}
          onChange={(event) => set({ name: event.target.value })}
        />
        <Checks
          label={texts.members}
          error={told('members')}
          chosen={value.members}
          options={people
            .filter((one) => !one.disabled || value.members.includes(one.employee_id))
            .map((one) => ({ value: one.employee_id, label: one.name, help: t.roles[one.role] }))}
          onChange={(members) => set({ members })}
        />
      </DialogForm>
    </Dialog>
  )
}
