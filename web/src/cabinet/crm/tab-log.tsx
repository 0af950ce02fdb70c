import { go, usePath } from '../../kit/route'
import { readPortal } from './api'
import { useEditor } from './context'
import { Journal } from './journal'
import { leaveList, listAddress } from './journal-query'
import { CrmQuarantine } from './quarantine'
import { Run } from './run'
import { useCrmChanges } from './use-changes'

/** The journal of this integration; an entry opens in the place of the list, at an address of its own. */
export function TabLog() {
  const { editing, portal, setPortal, open } = useEditor()
  // How many failed and wait changes with every enquiry; the rest of the editor does not.
  useCrmChanges(() => portal && readPortal(portal.portal_id).then(setPortal, () => {}))
  const run = usePath().split('/')[5]
  const here = `/cabinet/crm/${editing.id}/log`
  if (run) return <Run key={run} id={run} onBack={() => go(listAddress(here))} onMend={(_, tab) => open(tab)} />
  const portals = portal ? [portal] : []
  return (
    <>
      <CrmQuarantine portals={portals} />
      <Journal
        integration={editing.id}
        portals={portals}
        onOpen={(one) => {
          leaveList()
          go(`${here}/${one.run_id}`)
        }}
      />
    </>
  )
}
