import { Plug } from 'lucide-react'
import { boardTexts } from '../kit/i18n/flow/board'
import { Link } from '../kit/link'
import { buttonClass } from '../kit/ui/button'
import { PageHead } from './load'
import { Empty } from './parts/bits'

/** The place of the CRM integrations: says plainly that they are not there yet, and what is. */
export function Crm() {
  const f = boardTexts().crm
  return (
    <>
      <PageHead title={f.title} />
      <Empty icon={<Plug size={22} />} title={f.text} hint={f.hint}>
        <Link href="/cabinet/tokens" className={buttonClass()}>
          {f.toTokens}
        </Link>
        <Link href="/cabinet/webhooks" className={buttonClass()}>
          {f.toHooks}
        </Link>
      </Empty>
    </>
  )
}
