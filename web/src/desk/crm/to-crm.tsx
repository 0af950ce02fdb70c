import { ExternalLink } from 'lucide-react'
import type { ReactNode } from 'react'
import { deskCrm } from '../../kit/i18n/desk-crm'
import { safeUrl } from './words'

/** A thing of the CRM; leads to its card there, in another tab. */
export function ToCrm({ thing, url, crm, strong }: { thing: string; url?: string | null; crm: string; strong?: 'yes' }) {
  const address = safeUrl(url)
  const look = strong ? 'font-semibold' : ''
  if (!address) return <span className={`break-words ${look}`}>{thing}</span>
  return (
    <a
      href={address}
      target="_blank"
      rel="noreferrer noopener"
      title={deskCrm().opens(thing, crm)}
      className={`break-words text-accent-text underline ${look}`}
    >
      {thing}
      <ExternalLink size={12} className="ml-1 inline align-[-1px]" aria-hidden="true" />
    </a>
  )
}

export function Row({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="contents">
      <dt className="text-ink3">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  )
}
