import { Fragment } from 'react'
import type { SystemLine } from '../../kit/api/types'
import { deskCrm } from '../../kit/i18n/desk-crm'
import { Link } from '../../kit/link'
import { has } from '../../kit/session'
import { useDesk } from '../context'
import { type Said, sayItems } from './words'

type CrmLine = Extract<SystemLine, { happened: 'crm' }>

/** What a CRM did for the conversation, as part of a sentence: the things lead to their cards. */
export default function Line({ line }: { line: CrmLine }) {
  const { me } = useDesk()
  const texts = deskCrm()
  const crm = texts.kinds[line.crm] ?? 'CRM'
  const said = sayItems(line.items, texts)
  if (said.length === 0) return <>{crm}</>
  return (
    <>
      {crm}:{' '}
      {said.map((one, at) => (
        <Fragment key={at}>
          {at > 0 && ', '}
          {one.before}
          <Thing said={one} journal={has(me, 'manage_account')} crm={crm} />
          {one.after}
        </Fragment>
      ))}
    </>
  )
}

function Thing({ said: { what, thing, url }, journal, crm }: { said: Said; journal: boolean; crm: string }) {
  const look = 'text-accent-text underline break-words'
  if (what === 'failed')
    return journal ? (
      <Link href="/cabinet/crm/log?state=failed" className={look}>
        {thing}
      </Link>
    ) : (
      thing
    )
  if (!url) return thing
  return (
    <a href={url} target="_blank" rel="noreferrer noopener" title={deskCrm().opens(thing, crm)} className={look}>
      {thing}
    </a>
  )
}
