import { t } from '../../kit/i18n'
import { toast, whyRefused } from '../../kit/ui/toast'
import { UNDO_FOR } from '../store/closing'
import type { Desk } from '../store/desk'
import type { Outcome } from '../store/in-turn'

/** Says what came of a deed on many: how many, and why the rest could not. */
export function tellOutcome({ failed }: Outcome, said: string | null) {
  if (said) toast(said)
  const first = failed[0]
  if (first) toast(t.shell.bulk.failed(failed.length, whyRefused(first.why)), { tone: 'bad' })
}

/** Closes many, with one undo for all. */
export function closeMany(desk: Desk, ids: readonly string[], undone?: () => void) {
  desk.closing.add(ids, (outcome) => tellOutcome(outcome, null))
  toast(ids.length === 1 ? t.chat.closedToast : t.shell.bulk.closing(ids.length), {
    stay: UNDO_FOR,
    act: {
      label: t.undo,
      run: () => {
        desk.closing.undo(ids)
        if (ids.length > 1) toast(t.shell.bulk.undone(ids.length))
        undone?.()
      },
    },
  })
}
