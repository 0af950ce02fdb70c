import type { SystemLine } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { time } from '../../kit/i18n/format'
import { useDeskState } from '../context'

/** What happened to a conversation, in words. */
export function Happened({ line, at }: { line: SystemLine; at: string }) {
  const employees = useDeskState((state) => state.employees)
  const groups = useDeskState((state) => state.groups)
  const name = (id: string | null | undefined) => (id ? (employees.get(id)?.name ?? t.chat.somebody) : null)
  return (
    <p className="py-1.5 text-center text-second text-ink3">
      {say(line, name, (id) => groups.get(id)?.name ?? '')} <span className="num">· {time(at)}</span>
    </p>
  )
}

function say(line: SystemLine, name: (id?: string | null) => string | null, group: (id: string) => string): string {
  switch (line.happened) {
    case 'taken':
      return t.happened.taken(name(line.by) ?? '')
    case 'assigned':
      return t.happened.assigned(name(line.to) ?? '', name(line.by), line.cause)
    case 'transferred_to_group':
      return t.happened.group(group(line.group), name(line.by))
    case 'joined':
      return t.happened.joined(name(line.by) ?? '')
    case 'left':
      return t.happened.left(name(line.by) ?? '')
    case 'released':
      return t.happened.released(name(line.by))
    case 'closed':
      return t.happened.closed(name(line.by), line.cause)
    case 'nobody_online':
      return t.happened.nobodyOnline
    case 'blocked':
      return t.happened.blocked
    case 'unblocked':
      return t.happened.unblocked
  }
}
