import { go, usePath } from '../../kit/route'
import { useEditor } from './context'
import { Journal } from './journal'
import { leaveList, listAddress } from './journal-query'
import { Run } from './run'

/** The journal of this integration; an entry opens in the place of the list, at an address of its own. */
export function TabLog() {
  const { editing, portal, open } = useEditor()
  const run = usePath().split('/')[5]
  const here = `/cabinet/crm/${editing.id}/log`
  if (run) return <Run key={run} id={run} onBack={() => go(listAddress(here))} onMend={(_, tab) => open(tab)} />
  return (
    <Journal
      integration={editing.id}
      portals={portal ? [portal] : []}
      onOpen={(one) => {
        leaveList()
        go(`${here}/${one.run_id}`)
      }}
    />
  )
}
