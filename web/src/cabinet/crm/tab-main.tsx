import { useState } from 'react'
import { crmPortals } from '../../kit/i18n/flow/crm-portals'
import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { go } from '../../kit/route'
import { Button } from '../../kit/ui/button'
import { ChannelBadge } from '../../kit/ui/channel-badge'
import { TextField } from '../../kit/ui/field'
import { SelectField, Toggle } from '../parts/bits'
import { ChannelSwitches } from './channel-switches'
import { Choice, Note } from './choice'
import { useEditor } from './context'
import { LiveLine } from './live-line'
import { MoveDialog } from './move-dialog'
import { type ChannelRule, recommended } from './settings'

/** AMO-1 to AMO-4: the portal, the channels with what each may do, the method. */
export function TabMain() {
  const f = crmSettings()
  const { editing, live, portal } = useEditor()
  const { draft, set, change, told } = editing
  const { method } = draft.settings
  const pipelines = live.directory.pipelines.filter((one) => !one.archived)
  const pipeline = method.method === 'unsorted' ? (method.pipeline ?? '') : ''
  const gone = pipeline && !live.empty && !pipelines.some((one) => one.id === pipeline)
  return (
    <>
      <Toggle label={f.main.chats} help={f.main.chatsHelp} on={draft.enabled} onChange={(enabled) => set({ enabled })} />
      <TextField
        label={f.main.name}
        required
        maxLength={100}
        value={draft.name}
        error={told('/name')}
        onChange={(event) => set({ name: event.target.value })}
      />
      <Portal />
      <Channels />
      <Choice
        label={f.main.method}
        value={method.method}
        error={told('/method')}
        options={[
          { value: 'contact_and_deal', label: f.main.contact_and_deal, help: f.main.contact_and_deal_help },
          { value: 'unsorted', label: f.main.unsorted, help: f.main.unsorted_help },
        ]}
        onChange={(next) => change({ method: { method: next } })}
      />
      {method.method === 'unsorted' && (
        <>
          {portal?.unsorted_on === false && <Note>{f.main.unsortedOff}</Note>}
          <SelectField
            label={f.main.pipeline}
            error={gone ? f.funnels.gonePipeline : told('/method/pipeline')}
            value={pipeline}
            options={[
              ['', f.main.mainPipeline],
              ...pipelines.map((one) => [one.id, one.name] as const),
              ...(pipeline && !pipelines.some((one) => one.id === pipeline) ? [[pipeline, f.gone] as const] : []),
            ]}
            onChange={(id) => change({ method: { method: 'unsorted', ...(id ? { pipeline: id } : {}) } })}
          />
          <LiveLine />
        </>
      )}
    </>
  )
}

/** AMO-1: «Авторизация»; another portal is given to what is saved. */
function Portal() {
  const f = crmSettings()
  const p = crmPortals()
  const { editing, portal, portals } = useEditor()
  const { changed, stale, stored } = editing
  const [moving, setMoving] = useState(false)
  return (
    <div>
      <div className="flex flex-wrap items-end gap-2">
        <div className="min-w-48 flex-1">
          <TextField
            label={f.main.portal}
            readOnly
            value={portal ? `${portal.title} (${portal.address})` : f.portalGone}
          />
        </div>
        <Button tall="yes" disabled={changed || stale} onClick={() => setMoving(true)}>
          {p.move}
        </Button>
      </div>
      <p className="mt-1 text-caption text-ink3">{changed || stale ? f.main.saveFirst : f.main.portalHelp}</p>
      {moving && (
        <MoveDialog
          integration={stored}
          portals={portals}
          beside="settings"
          onClose={() => setMoving(false)}
          onMoved={(moved) => {
            setMoving(false)
            go(`/cabinet/crm/${moved.integration_id}`, 'replace')
          }}
        />
      )}
    </div>
  )
}

function Channels() {
  const f = crmSettings().main
  const { editing, channels, integrations } = useEditor()
  const { draft, stored, change, told, whole: wholeOf, id } = editing
  const { settings } = draft
  const ruleOf = (channel: string) => settings.channels.findIndex((one) => one.channel === channel)
  /** AMO-1: another integration passes this channel to the same portal. */
  const takenBy = (channel: string) =>
    integrations.find(
      (one) =>
        one.integration_id !== id &&
        one.enabled &&
        one.portal_id === stored.portal_id &&
        one.settings.channels.some((rule) => rule.channel === channel),
    )
  const put = (rules: ChannelRule[]) => change({ channels: rules })
  const shown = [
    ...channels.map((one) => ({ id: one.channel_id, name: one.name, sign: one.sign })),
    ...settings.channels
      .filter((rule) => !channels.some((one) => one.channel_id === rule.channel))
      .map((rule) => ({ id: rule.channel, name: f.goneChannel, sign: '' })),
  ]
  const whole = wholeOf('/channels')
  return (
    <fieldset aria-invalid={whole ? true : undefined} tabIndex={whole ? -1 : undefined}>
      <legend className="text-second font-medium text-ink2">{f.channels}</legend>
      <p className={`mb-2 text-caption ${whole ? 'text-red' : 'text-ink3'}`}>{whole ?? f.channelsHelp}</p>
      {shown.length === 0 && <p className="text-second text-ink3">{f.noChannels}</p>}
      <ul className="divide-y divide-line overflow-hidden rounded-control border border-edge">
        {shown.map((channel) => {
          const n = ruleOf(channel.id)
          const rule = settings.channels[n]
          const fault = rule && told(`/channels/${n}`)
          const other = takenBy(channel.id)
          return (
            <li key={channel.id} className="px-3 py-2.5">
              <label className="flex items-center gap-2.5">
                <input
                  type="checkbox"
                  checked={!!rule}
                  aria-invalid={fault ? true : undefined}
                  onChange={() =>
                    put(rule ? settings.channels.toSpliced(n, 1) : [...settings.channels, recommended(channel.id)])
                  }
                  className="size-4 shrink-0 accent-accent"
                />
                <ChannelBadge kind={channel.sign} size="size-5" />
                <span className="min-w-0 flex-1 truncate">{channel.name}</span>
              </label>
              {(fault ?? (other && f.taken(other.name))) && (
                <p className={`mt-1 pl-6.5 text-caption ${fault ? 'text-red' : 'text-amber'}`}>
                  {fault ?? (other && f.taken(other.name))}
                </p>
              )}
              {rule && (
                <div role="group" aria-label={f.rule(channel.name)} className="mt-2.5 mb-1 pl-6.5">
                  <ChannelSwitches rule={rule} onChange={(next) => put(settings.channels.with(n, next))} />
                </div>
              )}
            </li>
          )
        })}
      </ul>
    </fieldset>
  )
}
