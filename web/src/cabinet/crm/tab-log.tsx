import { useState } from 'react'
import { useEditor } from './context'
import { Journal } from './journal'
import { Run } from './run'

/** The journal of this integration; an entry opens in the place of the list. */
export function TabLog() {
  const { editing, portal, open } = useEditor()
  const [run, setRun] = useState('')
  if (run) return <Run key={run} id={run} onBack={() => setRun('')} onMend={(_, tab) => open(tab)} />
  return <Journal integration={editing.id} portals={portal ? [portal] : []} onOpen={(one) => setRun(one.run_id)} />
}
