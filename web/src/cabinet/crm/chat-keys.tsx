import { useState } from 'react'
import { t } from '../../kit/i18n'
import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { Button } from '../../kit/ui/button'
import { Dialog } from '../../kit/ui/dialog'
import { TextField } from '../../kit/ui/field'
import { tellRefusal, toast } from '../../kit/ui/toast'
import { Confirm } from '../parts/bits'
import { DialogForm, useForm } from '../parts/form'
import { Address } from './address'
import { connectChats, disconnectChats } from './api'
import { Note, Part } from './choice'
import { useEditor } from './context'
import type { PortalView } from './views'

/** The chats channel of the portal: its keys come from the CRM's support. Saved at once, apart from the rules. */
export function ChatKeys() {
  const f = crmSettings().chats
  const { portal, setPortal, chatsHook } = useEditor()
  const [open, setOpen] = useState<'keys' | 'ask' | null>(null)
  if (!portal) return null
  const { chats } = portal
  const connected = chats?.connected ?? false
  // A portal that was disconnected, or is being connected, offers the channel to nobody.
  const refused = !connected && portal.state !== 'disconnected' && portal.state !== 'connecting'
  const disconnect = () =>
    disconnectChats(portal.portal_id).then((held) => {
      setPortal(held)
      setOpen(null)
    }, tellRefusal)
  return (
    <Part title={f.keys} hint={f.keysText}>
      {portal.mode === 'lite' ? (
        <Note tone="plain">{f.lite}</Note>
      ) : (
        <>
          {chats && refused && <Note tone="bad">{f.refused(chats.channel_id)}</Note>}
          {!connected && (chatsHook ? <Letter address={chatsHook} /> : <Note>{f.noHook}</Note>)}
          <div className="flex flex-wrap items-center gap-2">
            {connected && (
              <p className="min-w-0 flex-1 text-second break-all text-green">{f.connectedAs(chats?.channel_id ?? '')}</p>
            )}
            <Button look={connected ? 'outline' : 'main'} onClick={() => setOpen('keys')}>
              {chats ? f.replace : f.connect}
            </Button>
            {chats && (
              <Button look="danger" onClick={() => setOpen('ask')}>
                {f.disconnect}
              </Button>
            )}
          </div>
        </>
      )}
      {open === 'keys' && <Keys portal={portal} onClose={() => setOpen(null)} onSaved={setPortal} />}
      {open === 'ask' && (
        <Confirm
          title={f.disconnectAsk}
          text={f.disconnectText}
          action={f.disconnect}
          onClose={() => setOpen(null)}
          onYes={disconnect}
        />
      )}
    </Part>
  )
}

/** What the CRM's support is told. */
function Letter({ address }: { address: string }) {
  const f = crmSettings().chats
  return (
    <div className="space-y-2">
      <p className="text-second text-ink2">{f.letter}</p>
      <Address label={f.hook} value={address} />
    </div>
  )
}

function Keys({ portal, onClose, onSaved }: { portal: PortalView; onClose: () => void; onSaved: (portal: PortalView) => void }) {
  const f = crmSettings().chats
  const form = useForm({
    first: { channel_id: portal.chats?.channel_id ?? '', secret: '', bot_id: portal.chats?.bot_id ?? '' },
    save: async (value) => {
      onSaved(await connectChats(portal.portal_id, value))
      toast(f.connected)
      onClose()
      return value
    },
    silent: true,
  })
  const { value, set, told } = form
  return (
    <Dialog title={f.keys} onClose={onClose}>
      <DialogForm form={form} onClose={onClose} action={t.cabinet.connect}>
        <p className="text-second text-ink2">{f.keysText}</p>
        <TextField
          label={f.channelId}
          required
          autoFocus
          autoComplete="off"
          value={value.channel_id}
          error={told('channel_id')}
          onChange={(event) => set({ channel_id: event.target.value.trim() })}
        />
        <TextField
          label={f.secret}
          help={f.secretHelp}
          required
          type="password"
          autoComplete="new-password"
          value={value.secret}
          error={told('secret')}
          onChange={(event) => set({ secret: event.target.value.trim() })}
        />
        <TextField
          label={f.botId}
          required
          autoComplete="off"
          value={value.bot_id}
          error={told('bot_id')}
          onChange={(event) => set({ bot_id: event.target.value.trim() })}
        />
      </DialogForm>
    </Dialog>
  )
}
