import type { Employee } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { Avatar } from '../../kit/ui/avatar'

/** Colleagues over the field while a note names one. The field keeps the focus and the keys. */
export function MentionMenu({
  id,
  people,
  at,
  onAt,
  onPick,
}: {
  id: string
  people: readonly Employee[]
  at: number
  onAt: (at: number) => void
  onPick: (who: Employee) => void
}) {
  return (
    <div className="float-in absolute bottom-full left-0 z-30 mb-2 w-72 max-w-full overflow-hidden rounded-card border border-line bg-pane shadow-float">
      <div
        id={id}
        role="listbox"
        aria-label={t.talk.mention.title}
        className="max-h-64 overflow-y-auto p-1"
      >
        {people.map((one, index) => (
          <div
            key={one.employee_id}
            id={`${id}-${one.employee_id}`}
            ref={(node) => {
              if (index === at) node?.scrollIntoView({ block: 'nearest' })
            }}
            role="option"
            aria-selected={index === at}
            onPointerMove={() => index !== at && onAt(index)}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => onPick(one)}
            className="flex cursor-pointer items-center gap-2 rounded-control px-2 py-1.5 aria-selected:bg-selected"
          >
            <Avatar name={one.name} size="small" />
            <span className="min-w-0 flex-1 truncate">{one.name}</span>
            <span className="shrink-0 text-caption text-ink3">{t.presence[one.presence]}</span>
          </div>
        ))}
      </div>
    </div>
  )
}
