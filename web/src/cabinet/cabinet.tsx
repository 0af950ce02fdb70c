import { ArrowLeft, Home, Radio, Users } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Me } from '../kit/api/types'
import { t } from '../kit/i18n'
import { Link } from '../kit/link'
import { usePath } from '../kit/route'
import { has } from '../kit/session'
import { Logo } from '../kit/ui/logo'
import { Channels } from './channels'
import { Connect } from './connect'
import { ChannelPage } from './channel-page'
import { FeedProvider } from './feed'
import { Overview } from './overview'
import { People } from './people'

export default function Cabinet({ me }: { me: Me }) {
  const path = usePath()
  const [, , section = '', id = '', kind = ''] = path.split('/')
  return (
    <FeedProvider>
      <div className="flex h-full overflow-hidden max-[759px]:flex-col">
        <Navigation me={me} section={section} />
        <main className="min-w-0 flex-1 overflow-y-auto bg-canvas">
          <div className="mx-auto max-w-[1040px] px-6 py-6 max-[759px]:px-4">
            <Section me={me} section={section} id={id} kind={kind} />
          </div>
        </main>
      </div>
    </FeedProvider>
  )
}

function Section({ me, section, id, kind }: { me: Me; section: string; id: string; kind: string }) {
  if (section === 'channels' && has(me, 'manage_channels')) {
    if (id === 'new') return <Connect kind={kind} />
    if (id) return <ChannelPage key={id} id={id} />
    return <Channels />
  }
  if (section === 'people' && has(me, 'manage_employees')) return <People me={me} />
  return <Overview me={me} />
}

function Navigation({ me, section }: { me: Me; section: string }) {
  const items: [string, string, ReactNode, boolean][] = [
    ['', t.cabinet.overview, <Home size={18} />, true],
    ['channels', t.cabinet.channels, <Radio size={18} />, has(me, 'manage_channels')],
    ['people', t.cabinet.people, <Users size={18} />, has(me, 'manage_employees')],
  ]
  return (
    <nav
      aria-label={t.cabinet.title}
      className="flex w-60 shrink-0 flex-col gap-0.5 border-r border-line bg-pane p-3 max-[759px]:w-auto max-[759px]:flex-row max-[759px]:overflow-x-auto max-[759px]:border-r-0 max-[759px]:border-b"
    >
      <div className="flex items-center gap-2.5 px-2 pt-1 pb-4 max-[759px]:hidden">
        <Logo size="size-8" />
        <div className="min-w-0">
          <div className="truncate font-semibold">{me.account.name}</div>
          <div className="text-caption text-ink3">{t.cabinet.title}</div>
        </div>
      </div>
      {items
        .filter(([, , , may]) => may)
        .map(([name, label, icon]) => (
          <Link
            key={name}
            href={name ? `/cabinet/${name}` : '/cabinet'}
            aria-current={section === name ? 'page' : undefined}
            className="flex h-9 shrink-0 items-center gap-2.5 rounded-control px-2.5 font-medium text-ink2 hover:bg-hover aria-[current]:bg-accent-soft aria-[current]:text-accent-text"
          >
            {icon}
            {label}
          </Link>
        ))}
      <div className="flex-1" />
      {has(me, 'read_conversations') && (
        <Link
          href="/desk"
          className="flex h-9 shrink-0 items-center gap-2.5 rounded-control px-2.5 font-medium text-ink2 hover:bg-hover"
        >
          <ArrowLeft size={18} />
          {t.cabinet.toDesk}
        </Link>
      )}
    </nav>
  )
}
