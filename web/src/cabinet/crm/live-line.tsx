import { RefreshCw } from 'lucide-react'
import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { moment } from '../../kit/i18n/format'
import { Button } from '../../kit/ui/button'
import { useEditor } from './context'

/** How old the lists of the CRM are, and a button that reads them anew. */
export function LiveLine({ action }: { action?: string }) {
  const f = crmSettings().live
  const { live } = useEditor()
  const at = live.directory.fetched_at ? moment(live.directory.fetched_at) : ''
  const said =
    live.state === 'refreshing'
      ? f.refreshing
      : live.state === 'fresh'
        ? f.fresh(at)
        : live.empty
          ? f.none
          : f.old(at)
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-second" data-live={live.state}>
      <span aria-live="polite" className={`num min-w-0 flex-1 ${live.state === 'old' ? 'text-amber' : 'text-ink3'}`}>
        {said}
      </span>
      <Button disabled={live.state === 'refreshing'} onClick={() => void live.refresh()}>
        <RefreshCw size={14} aria-hidden="true" />
        {action ?? f.refresh}
      </Button>
    </div>
  )
}
