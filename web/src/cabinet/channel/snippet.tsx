import { Copy, ExternalLink } from 'lucide-react'
import type { ChannelDetails } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { Button, buttonClass } from '../../kit/ui/button'
import { card, copy } from '../parts/bits'

/** The line that a site needs. */
export function Snippet({ channel }: { channel: ChannelDetails }) {
  const code = `<script async src="${location.origin}/widget/${channel.hook_key}.js"></script>`
  return (
    <section className={`${card} max-w-[640px] p-6`}>
      <h2 className="text-heading font-semibold">{t.cabinet.snippet}</h2>
      <p className="mt-1 mb-3 text-second text-ink2">{t.cabinet.snippetHelp}</p>
      <pre
        data-snippet
        tabIndex={0}
        role="region"
        aria-label={t.cabinet.snippet}
        className="overflow-x-auto rounded-control bg-canvas p-3 font-mono text-caption"
      >
        {code}
      </pre>
      <div className="mt-3 flex flex-wrap gap-2">
        <Button onClick={() => copy(code)}>
          <Copy size={15} aria-hidden="true" />
          {t.cabinet.copyCode}
        </Button>
        <a href={`/widget/${channel.hook_key}/test.html`} target="_blank" rel="noreferrer" className={buttonClass('soft')}>
          <ExternalLink size={15} aria-hidden="true" />
          {t.cabinet.testPage}
        </a>
      </div>
    </section>
  )
}
