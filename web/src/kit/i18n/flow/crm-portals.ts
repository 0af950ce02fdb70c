import { language } from '../index'
import { enPlural, ruPlural } from '../plural'

/** Connecting portals, taking leave of them, and giving their integrations others. */
export const crmPortalsRu = {
  own: 'Своя интеграция',
  ownHelp: 'Полное подключение ключами вашей приватной интеграции amoCRM',
  serverHelp: 'Полное подключение приложением этого сервера',
  noServerKeys: 'У этого сервера нет ключей приложения amoCRM. Подключите портал своей интеграцией или долгосрочным токеном.',
  noWays:
    'У сервера нет ни ключей приложения amoCRM, ни публичного адреса (public_url), поэтому сейчас возможно только подключение по токену. Полное подключение включает администратор сервера.',
  steps: [
    'В amoCRM откройте «amoМаркет», в меню «…» выберите «Создать интеграцию».',
    'Вставьте адреса ниже и разрешите доступ к данным аккаунта и к файлам.',
    'Сохраните и откройте вкладку «Ключи и доступы»: ID и секретный ключ впишите сюда.',
  ],
  addresses: 'Адреса для amoCRM',
  redirect: 'Ссылка для перенаправления',
  hookOff: 'Хук об отключении интеграции',
  clientId: 'ID интеграции',
  secret: 'Секретный ключ',
  secretHelp: 'Хранится зашифрованным и больше не показывается',
  kept: (id: string) => `Портал подключён своей интеграцией ${id}. Её ключи сохранены.`,
  otherKeys: 'Вписать другие ключи',
  tokenEnds: (at: string) => `токен действует до ${at}`,
  tokenEndsSoon: (days: number) =>
    days < 1
      ? 'Токен закончился или закончится сегодня. Создайте в amoCRM новый и нажмите «Подключить заново».'
      : `Токен закончится через ${days} ${ruPlural(days, 'день', 'дня', 'дней')}. Создайте в amoCRM новый и нажмите «Подключить заново»: ничего не прервётся.`,
  disconnectText: (n: number) =>
    `Доступ к порталу закончится, и передача остановится. Настройки интеграций (${n}), связи с контактами и сделками, ключи и журнал сохранятся; обращения, которые уже ждут, подождут. Новые, пока портал отключён, в очередь не попадут. Подключите тот же аккаунт снова, и всё продолжится.`,
  remove: 'Удалить портал',
  removeAsk: (name: string) => `Удалить «${name}» навсегда?`,
  removeText: (names: readonly string[]) =>
    `${
      names.length > 0
        ? `Удалятся его интеграции со всеми настройками: ${names.map((name) => `«${name}»`).join(', ')}. Чтобы сохранить их, сначала дайте им другой портал. `
        : ''
    }Удалятся ключи портала, чаты с ним и то, что ждёт передачи. Если подключить этот аккаунт снова, прежние сделки будут искаться заново. Всё созданное в amoCRM останется там, обращения и журнал останутся здесь.`,
  removed: 'Портал удалён',
  move: 'Сменить портал',
  moveOf: (name: string) => `Сменить портал: «${name}»`,
  moveTo: 'Новый портал',
  moveText:
    'Настройки перейдут целиком. Сделки и контакты прежнего портала для нового не используются; если вернуть прежний, всё продолжится с того же места. Обращения, которые ждут передачи, уйдут в новый портал.',
  moveOff: 'Если в новом портале нет воронок, полей или людей из настроек, интеграция выключится, а настройки покажут, что выбрать заново.',
  moveNowhere: 'Другого подключённого портала нет. Сначала подключите его.',
  moved: 'Портал сменён',
  movedOff: 'Портал сменён, интеграция выключена: в новом портале есть не всё, что названо в настройках',
  toSettings: 'Открыть настройки',
  portalOff: 'портал отключён: ничего не передаётся',
  came: {
    keys_refused: 'amoCRM не приняла ID или секретный ключ интеграции. Скопируйте оба на вкладке «Ключи и доступы» и подключите ещё раз.',
    blocked: 'amoCRM заблокировала запросы этого аккаунта. Напишите в её поддержку и подключите заново.',
    unpaid: 'Аккаунт amoCRM не оплачен. Оплатите его и подключите заново.',
    address_refused: 'amoCRM принимает запросы только с разрешённых адресов. Добавьте адрес сервера в её настройках и подключите заново.',
  },
}

export const crmPortalsEn: typeof crmPortalsRu = {
  own: 'An integration of your own',
  ownHelp: 'Full access by the keys of your private amoCRM integration',
  serverHelp: 'Full access by the app of this server',
  noServerKeys: 'This server has no keys of an amoCRM app. Connect the portal by an integration of your own, or by a long-lived token.',
  noWays:
    'The server has neither keys of an amoCRM app nor a public address (public_url), so a token is the only way now. Full access is set up by the server’s administrator.',
  steps: [
    'In amoCRM open the marketplace and choose “Create integration” in its “…” menu.',
    'Paste the addresses below and allow access to the account’s data and files.',
    'Save it and open “Keys and scopes”: enter its id and secret key here.',
  ],
  addresses: 'Addresses for amoCRM',
  redirect: 'Redirect address',
  hookOff: 'Hook of switching off',
  clientId: 'Integration id',
  secret: 'Secret key',
  secretHelp: 'Kept encrypted and never shown again',
  kept: (id) => `The portal is connected by your integration ${id}. Its keys are kept.`,
  otherKeys: 'Enter other keys',
  tokenEnds: (at) => `the token ends on ${at}`,
  tokenEndsSoon: (days) =>
    days < 1
      ? 'The token has ended or ends today. Make a new one in amoCRM and press “Connect again”.'
      : `The token ends in ${days} ${enPlural(days, 'day', 'days')}. Make a new one in amoCRM and press “Connect again”: nothing is interrupted.`,
  disconnectText: (n) =>
    `Access to the portal ends, and passing on stops. The settings of its integrations (${n}), the links to contacts and deals, the keys and the journal are kept; enquiries that wait already go on waiting. New ones are not queued while the portal is disconnected. Connect the same account again, and everything goes on.`,
  remove: 'Delete the portal',
  removeAsk: (name) => `Delete “${name}” for good?`,
  removeText: (names) =>
    `${
      names.length > 0
        ? `Its integrations go with all their settings: ${names.map((name) => `“${name}”`).join(', ')}. To keep them, give them another portal first. `
        : ''
    }The portal’s keys, its chats and what waits to be passed on go too. If this account is connected again, its deals are looked for anew. What was made in amoCRM stays there, enquiries and the journal stay here.`,
  removed: 'The portal is deleted',
  move: 'Change the portal',
  moveOf: (name) => `Change the portal: “${name}”`,
  moveTo: 'New portal',
  moveText:
    'The settings go along as they are. Deals and contacts of the former portal are not used for the new one; if you come back to it, everything goes on where it was. Enquiries that wait are passed to the new portal.',
  moveOff: 'Where the new portal lacks funnels, fields or people that the settings name, the integration is switched off, and the settings show what to choose anew.',
  moveNowhere: 'No other portal is connected. Connect one first.',
  moved: 'The portal is changed',
  movedOff: 'The portal is changed and the integration switched off: the new portal lacks something that its settings name',
  toSettings: 'Open the settings',
  portalOff: 'the portal is disconnected: nothing is passed on',
  came: {
    keys_refused: 'amoCRM does not take the integration’s id or secret key. Copy both from “Keys and scopes” and connect once more.',
    blocked: 'amoCRM blocks requests of this account. Write to its support and connect again.',
    unpaid: 'The amoCRM account is not paid for. Pay for it and connect again.',
    address_refused: 'amoCRM takes requests from listed addresses only. Add the server’s address in its settings and connect again.',
  },
}

/** The texts of the language that is on. */
export const crmPortals = () => (language === 'ru' ? crmPortalsRu : crmPortalsEn)
