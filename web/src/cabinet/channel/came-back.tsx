import { useEffect, useState } from 'react'
import { s } from '../../kit/i18n/cabinet-settings'
import { CameBack } from '../parts/came-back'
import { cameBack } from './consent'

/** What came of the visit to the service's page of consent. It is told once: a reload does not tell it
 * again. */
export function ConsentCame() {
  const [came, setCame] = useState(() => cameBack(location.search))
  useEffect(() => {
    if (location.search) history.replaceState(null, '', location.pathname)
  }, [])
  if (!came) return null
  const f = s().channels.came
  const onClose = () => setCame(null)
  if (came.is === 'ok') return <CameBack good text={f.ok} onClose={onClose} />
  const { reason, code } = came
  return <CameBack good={false} text={f.errors[reason]} {...(reason === 'other' ? { code } : {})} onClose={onClose} />
}
