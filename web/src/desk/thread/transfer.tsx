import { ArrowLeftRight, Users } from 'lucide-react'
import { t } from '../../kit/i18n'
import { Avatar } from '../../kit/ui/avatar'
import { buttonClass } from '../../kit/ui/button'
import { Menu, MenuGroup, MenuItem, MenuLine } from '../../kit/ui/menu'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { useDesk, useDeskState } from '../context'
import type { Chat } from '../store/state'

const order = { online: 0, break: 1, off: 2 }

/** To a colleague, a group, or back to everybody. Those on line stand first. */
export function Transfer({ chat }: { chat: Chat }) {
  const { desk } = useDesk()
  const employees = useDeskState((state) => state.employees)
  const groups = useDeskState((state) => state.groups)
  const me = useDeskState((state) => state.me.employee_id)
  const people = [...employees.values()]
    .filter((one) => !one.disabled && one.role !== 'analyst' && one.employee_id !== chat.assignee_id)
    .sort((a, b) => order[a.presence] - order[b.presence] || a.name.localeCompare(b.name))
  const give = (to: { employee_id?: string; group_id?: string }, name: string) =>
    void desk.assign(chat.conversation_id, to).then(() => toast(t.chat.transferred(name)), tellRefusal)
  return (
    <Menu
      align="end"
      trigger={
        <button type="button" data-transfer className={buttonClass('outline')}>
          <ArrowLeftRight size={16} aria-hidden="true" />
          <span className="@max-[640px]:sr-only">{t.chat.transfer}</span>
        </button>
      }
    >
      {people.length > 0 && (
        <MenuGroup label={t.chat.toEmployee}>
          {people.map((one) => (
            <MenuItem
              key={one.employee_id}
              icon={<Avatar name={one.name} size="small" />}
              onClick={() => give({ employee_id: one.employee_id }, one.name)}
            >
              {one.employee_id === me ? t.chat.toMe : one.name}{' '}
              <span className="text-ink3">· {t.presence[one.presence]}</span>
            </MenuItem>
          ))}
        </MenuGroup>
      )}
      {groups.size > 0 && (
        <MenuGroup label={t.chat.toGroup}>
          {[...groups.values()].map((one) => (
            <MenuItem key={one.group_id} icon={<Users size={16} />} onClick={() => give({ group_id: one.group_id }, one.name)}>
              {one.name}
            </MenuItem>
          ))}
        </MenuGroup>
      )}
      {chat.state === 'in_work' && (
        <>
          <MenuLine />
          <MenuItem icon={<Users size={16} />} onClick={() => give({}, t.chat.everybody)}>
            {t.chat.toEverybody}
          </MenuItem>
        </>
      )}
      {people.length === 0 && groups.size === 0 && chat.state !== 'in_work' && (
        <p className="px-2 py-2 text-second text-ink3">{t.chat.nobodyToTransfer}</p>
      )}
    </Menu>
  )
}
