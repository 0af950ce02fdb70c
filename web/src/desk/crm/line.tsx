import { Fragment } from 'react'
import type { SystemLine } from '../../kit/api/types'
import { deskCrm } from '../../kit/i18n/desk-crm'
import { Link } from '../../kit/link'
import { has } from '../../kit/session'
import { useDesk, useDeskState } from '../context'
import { type Said, sayItems } from './words'

type CrmLine = Extract<SystemLine, { happened: 'crm' }>

/** What a CRM did for the conversation, as part of a sentence: the things lead to their cards. */
export default function Line({ line }: { line: CrmLine }) {
  const { me } = useDesk()
  const texts = deskCrm()
  const number = useDeskState((state) => (state.open ? state.chats.get(state.open)?.number : undefined))
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
          <Thing said={one} journal={has(me, 'manage_account') ? journalOf(number) : null} crm={crm} />
          {one.after}
        </Fragment>
      ))}
    </>
  )
}

/** All entries of the enquiry: one that was made anew is no failed one any more. */
const journalOf = (number: number | undefined) => `/cabinet/crm/log?${number === undefined ? 'state=failed' : `number=${number}`}`

function Thing({ said: { what, thing, url }, journal, crm }: { said: Said; journal: string | null; crm: string }) {
  const look = 'text-accent-text underline break-words'
  if (what === 'failed')
    return journal ? (
      <Link href={journal} className={look}>
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
