import { t } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { Button } from '../../kit/ui/button'
import { tellRefusal } from '../../kit/ui/toast'
import { Leaving } from '../parts/form'
import type { Editing } from './use-editing'

/** What is not saved yet, below every tab; what is wrong with the whole; that somebody else saved. */
export function SaveBar({ editing, onSave }: { editing: Editing; onSave: () => void }) {
  const f = crmSettings()
  if (!editing.changed && !editing.stale) return null
  return (
    <div
      data-unsaved
      className="sticky bottom-4 z-10 mt-4 rounded-card border border-line bg-raised px-4 py-3 shadow-float"
    >
      {editing.stale && (
        <p role="alert" className="mb-2 text-second text-red">
          {f.stale}
        </p>
      )}
      {editing.fault && (
        <p role="alert" className="mb-2 text-second text-red">
          {editing.fault}
        </p>
      )}
      <div className="flex flex-wrap items-center gap-2">
        <span className="mr-auto text-second text-ink2">{s().unsaved}</span>
        {editing.stale ? (
          <Button look="main" onClick={() => void editing.reload().catch(tellRefusal)}>
            {f.reload}
          </Button>
        ) : (
          <>
            <Button onClick={editing.reset}>{t.cancel}</Button>
            <Button look="main" disabled={editing.busy} onClick={onSave}>
              {t.save}
            </Button>
          </>
        )}
      </div>
      <Leaving />
    </div>
  )
}
