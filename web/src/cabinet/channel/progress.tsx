import { Check, CircleAlert, ExternalLink, Loader } from 'lucide-react'
import { useState } from 'react'
import type { ChannelDetails } from '../../kit/api/types'
import { t, words } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { Link } from '../../kit/link'
import { Button, buttonClass } from '../../kit/ui/button'
import { tellRefusal } from '../../kit/ui/toast'
import { card } from '../parts/bits'
import { askConsent, consentAsked } from './consent'

/** Where connecting stands, live; and when it stops, why and what to do. */
export function Progress({ channel, reconnect }: { channel: ChannelDetails; reconnect: () => void }) {
  const texts = s().channels
  const asked = consentAsked(channel)
  const [leaving, setLeaving] = useState(false)
  if (channel.state === 'connected' && !channel.reason) return null
  if (channel.state === 'connecting') {
    return (
      <section role="status" className={`${card} flex max-w-[640px] items-center gap-3 px-4 py-3`}>
        <Loader size={18} className="shrink-0 animate-spin text-accent" aria-hidden="true" />
        <p className="text-ink2">{texts.connectingNow}</p>
      </section>
    )
  }
  const bad = channel.state === 'bad_credentials' || channel.state === 'logged_out' || channel.state === 'failed'
  const disabled = channel.state === 'disabled'
  const look = bad && asked !== 'first' ? 'bg-red-soft text-red' : disabled ? 'bg-raised text-ink2' : 'bg-amber-soft text-amber'
  const Icon = channel.state === 'connected' ? Check : CircleAlert
  return (
    <section role="status" className={`flex max-w-[640px] flex-wrap items-start gap-3 rounded-card px-4 py-3 ${look}`}>
      <Icon size={18} className="mt-0.5 shrink-0" aria-hidden="true" />
      <div className="min-w-48 flex-1">
        <p className="font-medium">{channel.reason ? words(channel.reason) : disabled ? texts.enableHelp : t.channelStates[channel.state]}</p>
        {channel.remedy && <p className="text-second">{words(channel.remedy)}</p>}
      </div>
      {bad && asked !== 'first' && (
        <Link href={`/cabinet/channels/${channel.channel_id}/log`} className={buttonClass('outline')}>
          {texts.log}
        </Link>
      )}
      {asked && (
        <Button
          look="main"
          data-consent
          disabled={leaving}
          onClick={() => {
            setLeaving(true)
            askConsent(channel.channel_id).then(
              (url) => location.assign(url),
              (why: unknown) => {
                setLeaving(false)
                tellRefusal(why)
              },
            )
          }}
        >
          <ExternalLink size={15} aria-hidden="true" />
          {asked === 'first' ? texts.allow : texts.allowAgain}
        </Button>
      )}
      {channel.state !== 'connected' && !asked && (
        <Button onClick={reconnect}>{disabled ? t.cabinet.enable : t.cabinet.reconnect}</Button>
      )}
    </section>
  )
}
