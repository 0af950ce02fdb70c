import { Pencil, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { Button, IconButton } from '../../kit/ui/button'
import { Dialog } from '../../kit/ui/dialog'
import { Field, inputClass } from '../../kit/ui/field'
import { Checks, Table } from '../parts/bits'
import { Wrong } from './choice'
import { useEditor } from './context'
import type { ChatUser } from './settings'
import { UserSelect } from './user-select'

type Channels = readonly { channel_id: string; name: string }[]

/** WA-7: through which channels each user of the CRM writes, and what they sign. */
export function ChatUsers({
  users,
  channels,
  onChange,
}: {
  users: ChatUser[]
  channels: Channels
  onChange: (users: ChatUser[]) => void
}) {
  const f = crmSettings()
  const { live, editing } = useEditor()
  const [open, setOpen] = useState<number | null>(null)
  const nameOf = (id: string) => live.directory.users.find((one) => one.id === id)?.name ?? (id ? f.gone : f.choose)
  const channelOf = (id: string) => channels.find((one) => one.channel_id === id)?.name ?? f.main.goneChannel
  const add = () => {
    const free = live.directory.users.find((one) => one.active && !users.some((user) => user.user === one.id))
    onChange([...users, { user: free?.id ?? '', channels: [], signature: '', sections: [] }])
    setOpen(users.length)
  }
  const shown = open === null ? undefined : users[open]
  return (
    <>
      <Wrong said={editing.whole('/chats/users')} />
      {users.length === 0 ? (
        <p className="text-second text-ink3">{f.chats.noUsers}</p>
      ) : (
        <Table label={f.chats.users} heads={[f.chats.user, f.chats.userChannels, f.chats.signature, '']}>
          {users.map((user, n) => {
            return (
              <tr key={n}>
                <td className="font-medium">
                  {nameOf(user.user)}
                  <Wrong said={editing.told(`/chats/users/${n}`)} />
                </td>
                <td className="text-second">
                  {user.channels.length > 0 ? user.channels.map(channelOf).join(', ') : <span className="text-ink3">{f.chats.mayNot}</span>}
                </td>
                <td className="max-w-40 truncate text-second text-ink2">{user.signature}</td>
                <td>
                  <div className="flex justify-end">
                    <IconButton label={f.chats.edit(nameOf(user.user))} onClick={() => setOpen(n)}>
                      <Pencil size={15} />
                    </IconButton>
                    <IconButton label={f.chats.removeUser(nameOf(user.user))} onClick={() => onChange(users.toSpliced(n, 1))}>
                      <Trash2 size={15} />
                    </IconButton>
                  </div>
                </td>
              </tr>
            )
          })}
        </Table>
      )}
      <Button look="soft" onClick={add}>
        <Plus size={15} aria-hidden="true" />
        {f.chats.addUser}
      </Button>
      {open !== null && shown && (
        <OneUser user={shown} channels={channels} onClose={() => setOpen(null)} onChange={(next) => onChange(users.with(open, next))} />
      )}
    </>
  )
}

function OneUser({
  user,
  channels,
  onClose,
  onChange,
}: {
  user: ChatUser
  channels: Channels
  onClose: () => void
  onChange: (user: ChatUser) => void
}) {
  const f = crmSettings()
  return (
    <Dialog title={f.chats.user} onClose={onClose}>
      <div className="space-y-4">
        <UserSelect label={f.employees.theirs} value={user.user} onChange={(id) => onChange({ ...user, user: id })} />
        <Checks
          label={f.chats.userChannels}
          help={user.channels.length === 0 ? f.chats.mayNot : undefined}
          chosen={user.channels}
          options={channels.map((one) => ({ value: one.channel_id, label: one.name }))}
          empty={f.main.channelsHelp}
          onChange={(next) => onChange({ ...user, channels: next })}
        />
        <Field label={f.chats.signature}>
          {(ids) => (
            <textarea
              {...ids}
              rows={2}
              maxLength={300}
              value={user.signature}
              onChange={(event) => onChange({ ...user, signature: event.target.value })}
              className={`${inputClass} py-2`}
            />
          )}
        </Field>
        <div className="flex justify-end">
          <Button look="main" onClick={onClose}>
            {f.chats.done}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
