import { crmTexts } from '../../kit/i18n/flow/crm'
import { go } from '../../kit/route'
import { Faulty, PageHead, useLoaded } from '../load'
import { Back } from '../parts/bits'
import { readPortals } from './api'
import { Journal } from './journal'
import { Run } from './run'

/** The journal of all portals; an entry has an address of its own. */
export function LogPage({ run }: { run: string }) {
  const f = crmTexts()
  const { data, fault, again } = useLoaded(readPortals)
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
          onBack={() => go('/cabinet/crm/log')}
          onMend={(of, tab) => go(`/cabinet/crm/${of.integration_id}/${tab}`)}
        />
      ) : (
        <Journal portals={data} onOpen={(one) => go(`/cabinet/crm/log/${one.run_id}`)} />
      )}
    </>
  )
}
