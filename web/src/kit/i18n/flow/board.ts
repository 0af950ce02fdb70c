import { language } from '../index'
import { enPlural, ruPlural } from '../plural'

/** Minutes and seconds of a first answer. */
function spanRu(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} с`
  if (seconds < 3600) {
    const rest = Math.round(seconds % 60)
    return rest && seconds < 600 ? `${Math.floor(seconds / 60)} мин ${rest} с` : `${Math.round(seconds / 60)} мин`
  }
  return `${Math.floor(seconds / 3600)} ч ${Math.round((seconds % 3600) / 60)} мин`
}

function spanEn(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`
  if (seconds < 3600) {
    const rest = Math.round(seconds % 60)
    return rest && seconds < 600 ? `${Math.floor(seconds / 60)} min ${rest} s` : `${Math.round(seconds / 60)} min`
  }
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`
}

export const boardRu = {
  board: {
    title: 'Табло',
    hint: 'Что происходит с чатами прямо сейчас',
    wall: 'На весь экран',
    leaveWall: 'Выйти из полного экрана',
    at: (time: string) => `на ${time}`,
    stale: (time: string) => `Нет связи. Показано то, что было в ${time}.`,
    waiting: 'Ждут ответа',
    waitShort: 'Ждут',
    oldest: (time: string) => `дольше всех ${time}`,
    nobodyWaits: 'все ответы даны',
    inWork: 'В работе',
    online: 'На линии',
    ofPeople: (n: number) => `из ${n} ${ruPlural(n, 'сотрудника', 'сотрудников', 'сотрудников')}`,
    onBreak: (n: number) => `${n} на перерыве`,
    firstAnswer: 'Первый ответ сегодня',
    p90: (span: string) => `у 90 % быстрее ${span}`,
    noAnswers: 'ответов ещё не было',
    today: 'Сегодня',
    newToday: 'новых',
    closedToday: 'завершено',
    missedToday: 'без ответа',
    messagesIn: 'сообщений пришло',
    messagesOut: 'отправлено',
    hours: 'По часам',
    hoursCaption: 'Чаты по часам за сегодня',
    hour: 'Час',
    asTable: 'Показать таблицей',
    asChart: 'Показать графиком',
    bar: (hour: string, fresh: number, closed: number) => `${hour}: новых ${fresh}, завершено ${closed}`,
    people: 'Сотрудники',
    person: 'Сотрудник',
    status: 'Статус',
    load: 'Нагрузка',
    answered: 'Ответил',
    ofToday: 'ответы и завершения за сегодня',
    closed: 'Завершил',
    since: (time: string) => `с ${time}`,
    loadOf: (open: number, most: number) => `${open} из ${most}`,
    noLimit: (open: number) => `${open}`,
    channels: 'Каналы',
    channel: 'Канал',
    groups: 'Группы',
    group: 'Группа',
    noGroups: 'Групп нет',
    noChannels: 'Каналов нет',
    span: spanRu,
  },
  overview: {
    progress: (done: number, all: number) => `Готово ${done} из ${all}`,
    hide: 'Скрыть первые шаги',
    openBot: 'Открыть бота',
    offLine: 'Вы не на линии: посетителю предложат оставить заявку.',
    allDone: 'Всё готово к работе',
    allDoneHint: 'Канал подключён, первый ответ дан, коллега приглашён.',
    health: 'Каналы',
    healthy: 'Все каналы работают',
    troubled: (n: number) => `${n} ${ruPlural(n, 'канал требует', 'канала требуют', 'каналов требуют')} внимания`,
    openBoard: 'Открыть табло',
    demoTitle: 'Это демонстрационные данные',
    demoText: 'Клиенты, переписка и сотрудники придуманы, чтобы показать, как всё работает. Уберите их, когда начнёте работать сами.',
    demoRemove: 'Убрать демонстрационные данные',
    demoAsk: 'Убрать демонстрационные данные?',
    demoAskText:
      'Придуманные клиенты, чаты, сотрудники и каналы удалятся безвозвратно. Всё, что вы создали сами, останется.',
    demoRemoved: 'Демонстрационные данные убраны',
  },
}

export const boardEn: typeof boardRu = {
  board: {
    title: 'Board',
    hint: 'What happens with conversations right now',
    wall: 'Full screen',
    leaveWall: 'Leave full screen',
    at: (time) => `at ${time}`,
    stale: (time) => `No connection. This is how things stood at ${time}.`,
    waiting: 'Waiting for an answer',
    waitShort: 'Wait',
    oldest: (time) => `the longest for ${time}`,
    nobodyWaits: 'everything is answered',
    inWork: 'In work',
    online: 'On line',
    ofPeople: (n) => `of ${n} ${enPlural(n, 'employee', 'employees')}`,
    onBreak: (n) => `${n} on a break`,
    firstAnswer: 'First answer today',
    p90: (span) => `90 % within ${span}`,
    noAnswers: 'no answers yet',
    today: 'Today',
    newToday: 'new',
    closedToday: 'closed',
    missedToday: 'without an answer',
    messagesIn: 'messages came',
    messagesOut: 'sent',
    hours: 'By hour',
    hoursCaption: 'Conversations by hour, today',
    hour: 'Hour',
    asTable: 'Show as a table',
    asChart: 'Show as a chart',
    bar: (hour, fresh, closed) => `${hour}: ${fresh} new, ${closed} closed`,
    people: 'Employees',
    person: 'Employee',
    status: 'Status',
    load: 'Load',
    answered: 'Answered',
    ofToday: 'answered and closed are of today',
    closed: 'Closed',
    since: (time) => `since ${time}`,
    loadOf: (open, most) => `${open} of ${most}`,
    noLimit: (open) => `${open}`,
    channels: 'Channels',
    channel: 'Channel',
    groups: 'Groups',
    group: 'Group',
    noGroups: 'No groups',
    noChannels: 'No channels',
    span: spanEn,
  },
  overview: {
    progress: (done, all) => `${done} of ${all} done`,
    hide: 'Hide the first steps',
    openBot: 'Open the bot',
    offLine: 'You are off the line: the visitor is asked to leave a request.',
    allDone: 'Everything is ready',
    allDoneHint: 'A channel is connected, the first answer given, a colleague invited.',
    health: 'Channels',
    healthy: 'All channels work',
    troubled: (n) => `${n} ${enPlural(n, 'channel needs', 'channels need')} attention`,
    openBoard: 'Open the board',
    demoTitle: 'This is demonstration data',
    demoText: 'Customers, messages and employees are made up to show how things work. Remove them when you begin to work yourselves.',
    demoRemove: 'Remove the demonstration data',
    demoAsk: 'Remove the demonstration data?',
    demoAskText: 'Made-up customers, conversations, employees and channels are deleted for good. Everything you made yourselves stays.',
    demoRemoved: 'The demonstration data is removed',
  },
}

/** The texts of the language that is on. */
export const boardTexts = () => (language === 'ru' ? boardRu : boardEn)
