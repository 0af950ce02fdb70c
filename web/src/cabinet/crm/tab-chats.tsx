import { crmSettings } from '../../kit/i18n/flow/crm-settings'
import { Checks, SelectField, Toggle } from '../parts/bits'
import { ChatKeys } from './chat-keys'
import { ChatUsers } from './chat-users'
import { Note, Part } from './choice'
import { useEditor } from './context'
import { type ChatSettings, noChats } from './settings'

const FIRST = ['check_numbers', 'hide_errors', 'import_outgoing', 'replace_8'] as const
/** As the server writes it, in the company's language. */
const FROM_PHONE = { ru: '[Отправлено с телефона]', en: '[Sent from the phone]' }

/** AMO-13 and the messenger's settings that live on it (WA-1 to WA-7). */
export function TabChats() {
  const f = crmSettings().chats
  const { editing, channels, portal, language } = useEditor()
  const { draft, change, told } = editing
  const { chats } = draft.settings
  const put = (patch: Partial<ChatSettings>) => chats && change({ chats: { ...chats, ...patch } })
  const passed = channels.filter((one) => draft.settings.channels.some((rule) => rule.channel === one.channel_id))
  const fallback = chats?.default_channel ?? ''
  return (
    <>
      <ChatKeys />
      <Toggle
        label={f.on}
        help={f.onHelp}
        on={chats !== null}
        disabled={portal?.mode === 'lite' && chats === null}
        onChange={(on) => change({ chats: on ? (editing.stored.settings.chats ?? noChats) : null })}
      />
      {told('/chats') && !chats && <p className="text-caption text-red">{told('/chats')}</p>}
      {chats && (
        <>
          {!portal?.chats?.connected && <Note>{f.notYet}</Note>}
          {FIRST.map((one) => (
            <Toggle
              key={one}
              label={f[one]}
              help={one === 'import_outgoing' ? f.import_outgoing_help(FROM_PHONE[language]) : f[`${one}_help`]}
              on={chats[one]}
              onChange={(on) => put({ [one]: on })}
            />
          ))}
          <SelectField
            label={f.default_channel}
            help={f.default_channel_help}
            error={told('/chats/default_channel')}
            value={fallback}
            options={[
              ['', f.noDefault],
              ...passed.map((one) => [one.channel_id, one.name] as const),
              ...(fallback && !passed.some((one) => one.channel_id === fallback)
                ? [[fallback, channels.find((one) => one.channel_id === fallback)?.name ?? crmSettings().main.goneChannel] as const]
                : []),
            ]}
            onChange={(id) => put({ default_channel: id || null })}
          />
          <Checks
            label={f.named_channels}
            help={f.named_channels_help}
            error={told('/chats/named_channels')}
            chosen={chats.named_channels}
            options={passed.map((one) => ({ value: one.channel_id, label: one.name }))}
            empty={crmSettings().main.channelsHelp}
            onChange={(named_channels) => put({ named_channels })}
          />
          <Part title={f.users} hint={f.usersHelp}>
            <Toggle
              label={f.listed_only}
              help={f.listed_only_help}
              on={chats.listed_only}
              onChange={(on) => put({ listed_only: on })}
            />
            <ChatUsers users={chats.users} channels={passed} onChange={(users) => put({ users })} />
          </Part>
        </>
      )}
    </>
  )
}
