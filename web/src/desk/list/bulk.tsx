import { CircleCheck, CircleUserRound, Forward, Hand, Tag, Users, X } from 'lucide-react'
import { t } from '../../kit/i18n'
import { Button, IconButton } from '../../kit/ui/button'
import { Menu, MenuGroup, MenuItem } from '../../kit/ui/menu'
import { toast } from '../../kit/ui/toast'
import { useDesk, useDeskState } from '../context'
import { AT_ONCE } from '../store/closing'
import { inTurn } from '../store/in-turn'
import type { Chat } from '../store/state'
import { closeMany, tellOutcome } from './outcome'

/** Stands above the list while something is chosen. */
export default function BulkBar({ ids, onDone }: { ids: readonly string[]; onDone: () => void }) {
  const { desk } = useDesk()
  const selected = useDeskState((state) => state.selected)
  const employees = useDeskState((state) => state.employees)
  const groups = useDeskState((state) => state.groups)
  const tags = useDeskState((state) => state.tags)
  const b = t.shell.bulk
  const s = t.shell.select

  async function many(fits: (chat: Chat) => boolean, act: (id: string) => Promise<unknown>, said: (n: number) => string) {
    const chosen = [...selected].filter((id) => {
      const chat = desk.state.chats.get(id)
      return chat && fits(chat)
    })
    if (chosen.length === 0) return toast(b.nothing)
    if (chosen.length > AT_ONCE) toast(b.working(chosen.length), { stay: 1500 })
    const outcome = await inTurn(chosen, AT_ONCE, act)
    tellOutcome(outcome, outcome.done.length > 0 ? said(outcome.done.length) : null)
    // What could not be done stays chosen.
    desk.select([...selected].filter((id) => !outcome.failed.some((one) => one.id === id)), false)
    if (outcome.failed.length === 0) onDone()
  }

  const open = (chat: Chat) => chat.state !== 'closed'
  const people = [...employees.values()].filter((one) => !one.disabled)
  people.sort((one, other) => Number(other.presence === 'online') - Number(one.presence === 'online'))
  const transfer = (to: { employee_id?: string; group_id?: string }, name: string) =>
    void many(open, (id) => desk.assign(id, to), (n) => b.transferred(n, name))
  const act = 'flex h-8 items-center gap-1 rounded-control px-1.5 text-second font-medium text-ink2 hover:bg-hover'
  return (
    <div role="toolbar" aria-label={s.bar} className="border-b border-line bg-accent-soft px-2 py-1">
      <div className="flex items-center gap-1">
        <span className="num px-2 text-second font-semibold" role="status">
          {s.count(selected.size)}
        </span>
        {selected.size < ids.length && (
          <Button look="quiet" className="px-2" onClick={() => desk.select(ids, true)}>
            {s.all(ids.length)}
          </Button>
        )}
        <IconButton
          label={s.clear}
          className="ml-auto size-7"
          onClick={() => {
            desk.select([...selected], false)
            onDone()
          }}
        >
          <X size={16} />
        </IconButton>
      </div>
      <div className="flex flex-wrap items-center px-0.5">
        <button type="button" className={act} onClick={() => void many((c) => c.state === 'new', (id) => desk.take(id), b.taken)}>
          <Hand size={15} aria-hidden="true" />
          {s.take}
        </button>
        <Menu
          trigger={
            <button type="button" className={act}>
              <Forward size={15} aria-hidden="true" />
              {s.transfer}
            </button>
          }
        >
          {people.length > 0 && (
            <MenuGroup label={t.chat.toEmployee}>
              {people.map((one) => (
                <MenuItem
                  key={one.employee_id}
                  icon={<CircleUserRound size={15} />}
                  onClick={() => transfer({ employee_id: one.employee_id }, one.name)}
                >
                  {one.name} · {t.presence[one.presence]}
                </MenuItem>
              ))}
            </MenuGroup>
          )}
          {groups.size > 0 && (
            <MenuGroup label={t.chat.toGroup}>
              {[...groups.values()].map((one) => (
                <MenuItem key={one.group_id} icon={<Users size={15} />} onClick={() => transfer({ group_id: one.group_id }, one.name)}>
                  {one.name}
                </MenuItem>
              ))}
            </MenuGroup>
          )}
        </Menu>
        <Menu
          trigger={
            <button type="button" className={act}>
              <Tag size={15} aria-hidden="true" />
              {s.tag}
            </button>
          }
        >
          {tags.size === 0 && <p className="px-2 py-1 text-ink3">{s.noTags}</p>}
          {[...tags.values()].map((tag) => (
            <MenuItem
              key={tag.tag_id}
              onClick={() =>
                void many(
                  (chat) => !chat.tags?.includes(tag.tag_id),
                  (id) => desk.tag('conversation', id, tag.tag_id, true),
                  (n) => b.tagged(n, tag.name),
                )
              }
            >
              {tag.name}
            </MenuItem>
          ))}
        </Menu>
        <button
          type="button"
          className={act}
          onClick={() => {
            const chosen = [...selected].filter((id) => desk.state.chats.get(id)?.state !== 'closed')
            if (chosen.length === 0) return toast(b.nothing)
            closeMany(desk, chosen)
            desk.select([...selected], false)
            onDone()
          }}
        >
          <CircleCheck size={15} aria-hidden="true" />
          {s.close}
        </button>
      </div>
    </div>
  )
}
