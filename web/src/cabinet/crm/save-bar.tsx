import { t } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { Button } from '../../kit/ui/button'
import { tellRefusal } from '../../kit/ui/toast'
import { Leaving } from '../parts/leaving'
import type { Tab } from './pointers'
import type { Editing } from './use-editing'

/** What is not saved yet, below every tab; what is wrong with the whole; that somebody else saved. */
export function SaveBar({ editing, onSave }: { editing: Editing; onSave: () => void }) {
  if (!editing.changed && !editing.stale) return null
  return (
    <div
      data-unsaved
      className="sticky bottom-4 z-10 mt-4 rounded-card border border-line bg-raised px-4 py-3 shadow-float"
    >
      {editing.stale && <Stale editing={editing} />}
      {editing.fault && (
        <p role="alert" className="mb-2 text-second text-red">
          {editing.fault}
        </p>
      )}
      <div className="flex flex-wrap items-center gap-2">
        <span className="mr-auto text-second text-ink2">{s().unsaved}</span>
        {editing.stale ? (
          <StaleButtons editing={editing} />
        ) : (
          <>
            <Button onClick={editing.reset}>{t.cancel}</Button>
            <Button look="main" disabled={editing.busy} onClick={onSave}>
              {t.save}
            </Button>
          </>
        )}
      </div>
      <Leaving within={`/cabinet/crm/${editing.id}`} />
    </div>
  )
}

/** What somebody else saved meanwhile, and whose choice would stand where both changed something. */
export function Stale({ editing: { conflict } }: { editing: Editing }) {
  const f = crmSettings()
  const named = (tabs: readonly Tab[]) => tabs.map((tab) => f.stale.tab(f.tabs[tab])).join(', ')
  return (
    <div role="alert" className="mb-2 space-y-1 text-second text-red">
      <p>{conflict && conflict.theirs.length > 0 ? f.stale.saved(named(conflict.theirs)) : f.stale.savedAny}</p>
      <p>
        {!conflict ? f.stale.lost : conflict.both.length > 0 ? f.stale.both(named(conflict.both)) : f.stale.apart}
      </p>
    </div>
  )
}

export function StaleButtons({ editing }: { editing: Editing }) {
  const f = crmSettings()
  return (
    <>
      <Button look={editing.conflict ? 'outline' : 'main'} onClick={() => void editing.reload().catch(tellRefusal)}>
        {f.stale.reload}
      </Button>
      {editing.conflict && (
        <Button look="main" onClick={editing.keep}>
          {f.stale.keep}
        </Button>
      )}
    </>
  )
}
