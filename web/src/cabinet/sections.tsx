import { CalendarClock, Gauge, Home, Plug, Radio, Route } from 'lucide-react'
import { type ComponentType, lazy, type ReactNode } from 'react'
import type { Me, Right } from '../kit/api/types'
import { t } from '../kit/i18n'
import { flow } from '../kit/i18n/cabinet-flow'
import { s } from '../kit/i18n/cabinet-settings'
import { has } from '../kit/session'
import { closedSection, companySections, referenceSections } from './settings-sections'

/** What a page of the cabinet is given: who looks, and the rest of the address after its section. */
export interface PageProps {
  me: Me
  /** `/cabinet/SECTION/ID/MORE` */
  id: string
  more: string
}

/** A section of the cabinet: its place in the navigation and the page it opens. */
export interface Section {
  /** The word of the address after `/cabinet/`; empty for the first page. */
  name: string
  label: () => string
  icon: ReactNode
  may: (me: Me) => boolean
  /** The right that it takes, for those who come without it. */
  right?: Right
  page: ComponentType<PageProps>
  /** The page takes the whole width, not a column of 1040 px. */
  wide?: boolean
  /** A page without a line in the navigation: it is reached from another one. */
  hidden?: boolean
}

export interface SectionGroup {
  label?: () => string
  sections: Section[]
}

const size = 18

/**
 * Every page of the cabinet, in the order of the navigation. A new page is one entry here; its code
 * comes when it is opened.
 */
export const groups: SectionGroup[] = [
  {
    sections: [
      {
        name: '',
        label: () => t.cabinet.overview,
        icon: <Home size={size} />,
        may: () => true,
        page: lazy(() => import('./overview').then((m) => ({ default: m.Overview }))),
      },
      {
        name: 'board',
        label: () => flow().board,
        icon: <Gauge size={size} />,
        may: (me) => has(me, 'see_all') || has(me, 'read_reports'),
        wide: true,
        page: lazy(() => import('./board/board').then((m) => ({ default: m.Board }))),
      },
    ],
  },
  {
    label: () => flow().groupChats,
    sections: [
      {
        name: 'channels',
        label: () => t.cabinet.channels,
        icon: <Radio size={size} />,
        right: 'manage_channels',
        may: (me) => has(me, 'manage_channels'),
        page: lazy(() => import('./channels-section').then((m) => ({ default: m.ChannelsSection }))),
      },
      {
        name: 'scenarios',
        label: () => flow().scenarios,
        icon: <Route size={size} />,
        right: 'manage_scenarios',
        may: (me) => has(me, 'manage_scenarios'),
        wide: true,
        page: lazy(() => import('./scenarios/scenarios').then((m) => ({ default: m.ScenariosSection }))),
      },
      {
        name: 'hours',
        label: () => flow().hours,
        icon: <CalendarClock size={size} />,
        right: 'manage_scenarios',
        may: (me) => has(me, 'manage_scenarios'),
        page: lazy(() => import('./hours/hours-section').then((m) => ({ default: m.HoursSection }))),
      },
      {
        name: 'crm',
        label: () => flow().crm,
        icon: <Plug size={size} />,
        right: 'manage_account',
        may: (me) => has(me, 'manage_account'),
        page: lazy(() => import('./crm/crm-section').then((m) => ({ default: m.CrmSection }))),
      },
    ],
  },
  {
    label: () => s().groupTexts,
    sections: referenceSections,
  },
  {
    label: () => flow().groupCompany,
    sections: companySections,
  },
]

/** One closed page for each section: a new component at each drawing would lose what it holds. */
const closedOnes = new Map<string, Section>()
function closed(section: Section): Section {
  const held = closedOnes.get(section.name) ?? closedSection(section)
  closedOnes.set(section.name, held)
  return held
}

/** The section of an address; the first page when there is no such one. */
export function sectionOf(path: string, me: Me): { section: Section; props: PageProps } {
  const [, , name = '', id = '', more = ''] = path.split('/')
  const all = groups.flatMap((group) => group.sections)
  const wanted = all.find((one) => one.name === name) ?? all[0]
  const section = wanted && !wanted.may(me) ? closed(wanted) : wanted
  if (!section) throw new Error('the first page of the cabinet is missing')
  return { section, props: { me, id, more } }
}
