import type { ReactNode } from 'react'
import { words } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { moment, size } from '../../kit/i18n/format'
import { Button } from '../../kit/ui/button'
import { Payload, PayloadButton, usePayload } from './payload'

/** What came from outside, was not understood and waits for a person. */
interface Waiting {
  reason: Parameters<typeof words>[0]
  created_at: string
  /** Of all that came. */
  size: number
  /** Of its beginning, where no more is kept. */
  kept?: number
}

export function QuarantineBox({ title, hint, children }: { title: string; hint: string; children: ReactNode }) {
  return (
    <section className="rounded-card border border-amber bg-pane" data-quarantine>
      <div className="px-4 pt-4 pb-2">
        <h2 className="text-heading font-semibold break-words">{title}</h2>
        <p className="text-second text-ink2">{hint}</p>
      </div>
      <ul>{children}</ul>
    </section>
  )
}

/** One of them: why, what came, and that it is settled. */
export function Quarantined({ one, read, resolve }: { one: Waiting; read: () => Promise<string>; resolve: () => void }) {
  const texts = s().channels
  const payload = usePayload(read)
  const cut = one.kept !== undefined && one.kept > 0 && one.kept < one.size
  return (
    <li className="border-t border-line px-4 py-3">
      <div className="flex flex-wrap items-center gap-3">
        <span className="min-w-40 flex-1 max-[759px]:basis-full">
          <span className="block">{words(one.reason)}</span>
          <span className="num block text-second text-ink3">
            {moment(one.created_at)} · {texts.quarantineSize(size(one.size))}
            {cut && `, ${texts.quarantineCut(size(one.kept ?? 0))}`}
          </span>
        </span>
        {one.kept !== 0 && <PayloadButton payload={payload} />}
        <Button onClick={resolve}>{texts.resolve}</Button>
      </div>
      <Payload payload={payload} />
    </li>
  )
}
