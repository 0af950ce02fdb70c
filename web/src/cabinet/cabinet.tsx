import { ArrowLeft } from 'lucide-react'
import { Suspense, useEffect, useRef } from 'react'
import type { Me } from '../kit/api/types'
import { t } from '../kit/i18n'
import { Link } from '../kit/link'
import { usePath } from '../kit/route'
import { has } from '../kit/session'
import { Logo } from '../kit/ui/logo'
import { FeedProvider } from './feed'
import { groups, sectionOf } from './sections'

export default function Cabinet({ me }: { me: Me }) {
  const { section, props } = sectionOf(usePath(), me)
  const Page = section.page
  return (
    <FeedProvider>
      <div className="flex h-full overflow-hidden max-[759px]:flex-col">
        <Navigation me={me} current={section.name} />
        <main className="min-w-0 flex-1 overflow-y-auto bg-canvas">
          <div className={`mx-auto px-6 py-6 max-[759px]:px-4 ${section.wide ? '' : 'max-w-[1040px]'}`}>
            <Suspense fallback={<div className="h-40" aria-busy="true" />}>
              <Page key={section.name} {...props} />
            </Suspense>
          </div>
        </main>
      </div>
    </FeedProvider>
  )
}

const line = 'flex h-9 shrink-0 items-center gap-2.5 rounded-control px-2.5 font-medium text-ink2 hover:bg-hover'

function Navigation({ me, current }: { me: Me; current: string }) {
  const bar = useRef<HTMLElement>(null)
  // In a narrow window the bar is longer than what is seen of it.
  useEffect(() => {
    bar.current?.querySelector('[aria-current=page]')?.scrollIntoView({ block: 'nearest', inline: 'center' })
  }, [current])
  return (
    <nav
      ref={bar}
      aria-label={t.cabinet.title}
      className="flex w-60 shrink-0 flex-col gap-0.5 overflow-y-auto border-r border-line bg-pane p-3 max-[759px]:w-auto max-[759px]:flex-row max-[759px]:overflow-x-auto max-[759px]:border-r-0 max-[759px]:border-b"
    >
      <div className="flex items-center gap-2.5 px-2 pt-1 pb-4 max-[759px]:hidden">
        <Logo size="size-8" />
        <div className="min-w-0">
          <div className="truncate font-semibold">{me.account.name}</div>
          <div className="text-caption text-ink3">{t.cabinet.title}</div>
        </div>
      </div>
      {groups.map((group, index) => {
        const shown = group.sections.filter((section) => !section.hidden && section.may(me))
        if (shown.length === 0) return null
        return (
          <div key={index} className="contents">
            {group.label && (
              <div className="px-2.5 pt-4 pb-1 text-caption text-ink3 max-[759px]:hidden">{group.label()}</div>
            )}
            {shown.map((section) => (
              <Link
                key={section.name}
                href={section.name ? `/cabinet/${section.name}` : '/cabinet'}
                aria-current={current === section.name ? 'page' : undefined}
                className={`${line} aria-[current]:bg-accent-soft aria-[current]:text-accent-text`}
              >
                {section.icon}
                {section.label()}
              </Link>
            ))}
          </div>
        )
      })}
      <div className="min-h-4 flex-1" />
      {has(me, 'read_conversations') && (
        <Link href="/desk" className={line}>
          <ArrowLeft size={18} />
          {t.cabinet.toDesk}
        </Link>
      )}
    </nav>
  )
}
