import { Plus, X } from 'lucide-react'
import { useState } from 'react'
import { t } from '../../kit/i18n'
import { has } from '../../kit/session'
import { inputClass } from '../../kit/ui/field'
import { tellRefusal } from '../../kit/ui/toast'
import { useDesk, useDeskState } from '../context'

/** Tags that are on, and a field that finds or makes one. */
export function Tags({ what, id, on }: { what: 'contact' | 'conversation'; id: string; on: readonly string[] }) {
  const { desk, me } = useDesk()
  const tags = useDeskState((state) => state.tags)
  const [typed, setTyped] = useState<string | null>(null)
  const may = has(me, what === 'contact' ? 'manage_contacts' : 'work_conversations')
  const list = `tags-${what}`

  async function add() {
    const name = typed?.trim()
    setTyped(null)
    if (!name) return
    const known = [...tags.values()].find((tag) => tag.name.toLocaleLowerCase() === name.toLocaleLowerCase())
    try {
      await desk.tag(what, id, known?.tag_id ?? (await desk.makeTag(name)), true)
    } catch (error) {
      tellRefusal(error)
    }
  }

  return (
    <div className="flex flex-wrap items-center gap-1.5">
      {on.map((tag_id) => {
        const tag = tags.get(tag_id)
        if (!tag) return null
        return (
          <span
            key={tag_id}
            className="flex h-7 items-center gap-1 rounded-control bg-hover pr-1 pl-2 text-second text-ink2"
          >
            <span className="size-2 rounded-full" style={{ background: tag.color }} aria-hidden="true" />
            {tag.name}
            {may && (
              <button
                type="button"
                aria-label={t.card.removeTag(tag.name)}
                onClick={() => void desk.tag(what, id, tag_id, false).catch(tellRefusal)}
                className="grid size-5 place-items-center rounded text-ink3 hover:text-ink"
              >
                <X size={13} />
              </button>
            )}
          </span>
        )
      })}
      {may && typed === null && (
        <button
          type="button"
          onClick={() => setTyped('')}
          className="flex h-7 items-center gap-1 rounded-control border border-dashed border-edge px-2 text-second text-ink2 hover:bg-hover"
        >
          <Plus size={14} aria-hidden="true" />
          {t.card.tag}
        </button>
      )}
      {typed !== null && (
        <>
          <input
            autoFocus
            list={list}
            aria-label={t.card.tag}
            value={typed}
            maxLength={60}
            onChange={(event) => setTyped(event.target.value)}
            onBlur={() => void add()}
            onKeyDown={(event) => {
              if (event.code === 'Enter') void add()
              if (event.code === 'Escape') setTyped(null)
              event.stopPropagation()
            }}
            className={`${inputClass} h-7 w-32 text-second`}
          />
          <datalist id={list}>
            {[...tags.values()]
              .filter((tag) => !on.includes(tag.tag_id))
              .map((tag) => (
                <option key={tag.tag_id} value={tag.name} />
              ))}
          </datalist>
        </>
      )}
    </div>
  )
}
