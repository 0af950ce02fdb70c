import { Power, RefreshCw, Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { api, ask } from '../../kit/api/client'
import type { ChannelDetails } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { s } from '../../kit/i18n/cabinet-settings'
import { go } from '../../kit/route'
import { Button } from '../../kit/ui/button'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { card, Confirm } from '../parts/bits'

/** What stops a channel, starts it again, or takes it away. */
export function Danger({ channel, onChanged }: { channel: ChannelDetails; onChanged: (channel: ChannelDetails) => void }) {
  const [asking, setAsking] = useState(false)
  const texts = s().channels
  const params = { path: { channel_id: channel.channel_id } }
  const deed = (request: Promise<ChannelDetails>) => void request.then(onChanged, tellRefusal)
  const reconnect = () => deed(ask(api.POST('/api/v1/channels/{channel_id}/reconnect', { params })))
  const off = channel.state === 'disabled'
  const remove = () =>
    void ask(api.DELETE('/api/v1/channels/{channel_id}', { params })).then(() => {
      toast(t.cabinet.deleted(channel.name))
      go('/cabinet/channels', 'replace')
    }, tellRefusal)
  return (
    <div className={`${card} max-w-[640px] divide-y divide-line`}>
      {!off && (
        <Deed title={t.cabinet.reconnect} text={texts.reconnectHelp}>
          <Button onClick={reconnect}>
            <RefreshCw size={15} aria-hidden="true" />
            {t.cabinet.reconnect}
          </Button>
        </Deed>
      )}
      <Deed title={off ? t.cabinet.enable : t.cabinet.disable} text={off ? texts.enableHelp : texts.disableHelp}>
        <Button
          onClick={() => (off ? reconnect() : deed(ask(api.POST('/api/v1/channels/{channel_id}/disable', { params }))))}
        >
          <Power size={15} aria-hidden="true" />
          {off ? t.cabinet.enable : t.cabinet.disable}
        </Button>
      </Deed>
      <Deed title={t.cabinet.deleteChannel} text={texts.deleteText}>
        <Button look="danger" onClick={() => setAsking(true)}>
          <Trash2 size={15} aria-hidden="true" />
          {t.cabinet.deleteChannel}
        </Button>
      </Deed>
      {asking && (
        <Confirm
          title={t.cabinet.deleteAsk(channel.name)}
          text={texts.deleteText}
          action={t.cabinet.deleteChannel}
          typed={channel.name}
          onClose={() => setAsking(false)}
          onYes={remove}
        />
      )}
    </div>
  )
}

function Deed({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  return (
    <section className="flex flex-wrap items-center gap-x-6 gap-y-3 p-5">
      <div className="min-w-56 flex-1">
        <h2 className="font-semibold">{title}</h2>
        <p className="text-second text-ink2">{text}</p>
      </div>
      {children}
    </section>
  )
}
