import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { Toggle } from '../parts/bits'
import { Wrong } from './choice'
import { useEditor } from './context'
import { newGate } from './filter'
import { GateForm } from './gate-form'

/** AMO-6. */
export function TabFilter() {
  const f = crmSettings().filter
  const { draft, change, whole } = useEditor().editing
  const { filter } = draft.settings
  return (
    <>
      <Toggle label={f.on} help={f.onHelp} on={filter !== null} onChange={(on) => change({ filter: on ? newGate() : null })} />
      {filter && <GateForm gate={filter} at="/filter" of="filter" onChange={(next) => change({ filter: next })} />}
      {filter && <Wrong said={whole('/filter')} />}
    </>
  )
}
