import {
  Ban,
  Building2,
  IdCard,
  KeyRound,
  ListChecks,
  MessageSquareQuote,
  ScrollText,
  Tags,
  UserRound,
  Users,
  Webhook,
} from 'lucide-react'
import { lazy } from 'react'
import { t } from '../kit/i18n'
import { s } from '../kit/i18n/cabinet-settings'
import { has } from '../kit/session'
import type { Section } from './sections'

const size = 18

/** What operators pick from: replies, tags, fields, the black list. */
export const referenceSections: Section[] = [
  {
    name: 'replies',
    label: () => s().replies.title,
    icon: <MessageSquareQuote size={size} />,
    right: 'manage_scenarios',
    may: (me) => has(me, 'manage_scenarios'),
    page: lazy(() => import('./replies/replies-section').then((m) => ({ default: m.RepliesSection }))),
  },
  {
    name: 'tags',
    label: () => s().tags.title,
    icon: <Tags size={size} />,
    right: 'manage_contacts',
    may: (me) => has(me, 'manage_contacts'),
    page: lazy(() => import('./tags/tags-page').then((m) => ({ default: m.TagsPage }))),
  },
  {
    name: 'fields',
    label: () => s().fields.title,
    icon: <ListChecks size={size} />,
    right: 'manage_account',
    may: (me) => has(me, 'manage_account'),
    page: lazy(() => import('./fields/fields-page').then((m) => ({ default: m.FieldsPage }))),
  },
  {
    name: 'blacklist',
    label: () => s().blacklist.title,
    icon: <Ban size={size} />,
    right: 'manage_contacts',
    may: (me) => has(me, 'manage_contacts'),
    page: lazy(() => import('./blacklist/blacklist-page').then((m) => ({ default: m.BlacklistPage }))),
  },
]

/** The company, its people, and the programs that work with it. */
export const companySections: Section[] = [
  {
    name: 'people',
    label: () => t.cabinet.people,
    icon: <Users size={size} />,
    right: 'manage_employees',
    may: (me) => has(me, 'manage_employees'),
    page: lazy(() => import('./people/people-section').then((m) => ({ default: m.PeopleSection }))),
  },
  {
    name: 'company',
    label: () => s().company.title,
    icon: <Building2 size={size} />,
    right: 'manage_account',
    may: (me) => has(me, 'manage_account'),
    page: lazy(() => import('./company/company-page').then((m) => ({ default: m.CompanyPage }))),
  },
  {
    name: 'tokens',
    label: () => s().tokens.title,
    icon: <KeyRound size={size} />,
    may: () => true,
    page: lazy(() => import('./tokens/tokens-page').then((m) => ({ default: m.TokensPage }))),
  },
  {
    name: 'webhooks',
    label: () => s().webhooks.title,
    icon: <Webhook size={size} />,
    right: 'manage_account',
    may: (me) => has(me, 'manage_account'),
    page: lazy(() => import('./webhooks/webhooks-section').then((m) => ({ default: m.WebhooksSection }))),
  },
  {
    name: 'audit',
    label: () => s().audit.title,
    icon: <ScrollText size={size} />,
    right: 'read_audit',
    may: (me) => has(me, 'read_audit'),
    page: lazy(() => import('./audit/audit-page').then((m) => ({ default: m.AuditPage }))),
  },
  {
    name: 'profile',
    label: () => s().profile.title,
    icon: <UserRound size={size} />,
    may: () => true,
    page: lazy(() => import('./profile/profile-page').then((m) => ({ default: m.ProfilePage }))),
  },
]

/** Stands in for a section that the reader may not open: it says who can change that. */
export const closedSection = (section: Section): Section => ({
  ...section,
  page: () => <NoRight section={section} />,
})

function NoRight({ section }: { section: Section }) {
  return (
    <div className="rounded-card border border-line bg-pane px-6 py-12 text-center">
      <div className="mx-auto mb-3 grid size-12 place-items-center rounded-full bg-hover text-ink2" aria-hidden="true">
        <IdCard size={22} />
      </div>
      <h1 className="text-heading font-semibold">{s().noRightTitle}</h1>
      {section.right && <p className="mx-auto mt-1 max-w-[460px] text-ink2">{s().noRight(s().rights[section.right])}</p>}
    </div>
  )
}
