import { crmTexts } from '../../kit/i18n/flow/crm'
import { go } from '../../kit/route'
import { Faulty, PageHead, useLoaded } from '../load'
import { Back } from '../parts/bits'
import { readPortals } from './api'
import { Journal } from './journal'
import { leaveList, listAddress } from './journal-query'
import { CrmQuarantine } from './quarantine'
import { Run } from './run'
import { useCrmChanges } from './use-changes'

const HERE = '/cabinet/crm/log'

/** The journal of all portals; an entry has an address of its own. */
export function LogPage({ run }: { run: string }) {
  const f = crmTexts()
  const { data, fault, again } = useLoaded(readPortals)
  useCrmChanges(again)
  if (fault && !data) return <Faulty fault={fault} again={again} />
  if (!data) return null
  return (
    <>
      <Back href="/cabinet/crm">{f.title}</Back>
      <PageHead title={f.log.title} hint={f.log.hint} />
      {run ? (
        <Run
          key={run}
          id={run}
          onBack={() => go(listAddress(HERE))}
          onMend={(of, tab) => go(`/cabinet/crm/${of.integration_id}/${tab}`)}
        />
      ) : (
        <>
          <CrmQuarantine portals={data} />
          <Journal
            portals={data}
            onOpen={(one) => {
              leaveList()
              go(`${HERE}/${one.run_id}`)
            }}
          />
        </>
      )}
    </>
  )
}
