import { Pencil, Plus, Trash2, UsersRound } from 'lucide-react'
import { useState } from 'react'
import { api, ask } from '../../kit/api/client'
import type { Employee, Group } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { Avatar } from '../../kit/ui/avatar'
import { Button, IconButton } from '../../kit/ui/button'
import { Dialog } from '../../kit/ui/dialog'
import { TextField } from '../../kit/ui/field'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { card, Checks, Confirm, Empty } from '../parts/bits'
import { DialogForm, useForm } from '../parts/form'

/** Groups: conversations are transferred to them and scenarios share among their members. */
export function Groups({ people, groups, again }: { people: Employee[]; groups: Group[]; again: () => void }) {
  const [editing, setEditing] = useState<Group | 'new' | null>(null)
  const [removing, setRemoving] = useState<Group | null>(null)
  const texts = s().people
  const add = (
    <Button look="soft" onClick={() => setEditing('new')}>
      <Plus size={16} aria-hidden="true" />
      {texts.newGroup}
    </Button>
  )
  const remove = (group: Group) =>
    void ask(api.DELETE('/api/v1/groups/{group_id}', { params: { path: { group_id: group.group_id } } })).then(() => {
      setRemoving(null)
      toast(texts.groupDeleted(group.name))
      again()
    }, (error: unknown) => {
      setRemoving(null)
      tellRefusal(error)
    })
  return (
    <>
      {groups.length === 0 ? (
        <Empty icon={<UsersRound size={22} />} title={texts.noGroups} hint={texts.noGroupsHint}>
          {add}
        </Empty>
      ) : (
        <>
          <div className="mb-3 flex justify-end">{add}</div>
          <ul className={`${card} overflow-hidden`}>
            {groups.map((group) => {
              const members = people.filter((one) => group.members.includes(one.employee_id))
              return (
                <li key={group.group_id} className="flex flex-wrap items-center gap-3 border-b border-line px-4 py-3 last:border-0">
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
                  <IconButton label={texts.changeGroup(group.name)} onClick={() => setEditing(group)}>
                    <Pencil size={16} />
                  </IconButton>
                  <IconButton label={texts.deleteGroup(group.name)} onClick={() => setRemoving(group)}>
                    <Trash2 size={16} />
                  </IconButton>
                </li>
              )
            })}
          </ul>
        </>
      )}
      {editing && (
        <GroupDialog
          group={editing === 'new' ? null : editing}
          people={people}
          onClose={() => setEditing(null)}
          onSaved={() => {
            setEditing(null)
            again()
          }}
        />
      )}
      {removing && (
        <Confirm
          title={texts.deleteGroupAsk(removing.name)}
          text={texts.deleteGroupText}
          action={t.remove}
          onClose={() => setRemoving(null)}
          onYes={() => remove(removing)}
        />
      )}
    </>
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
    <Dialog title={group ? group.name : texts.newGroup} onClose={onClose}>
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
