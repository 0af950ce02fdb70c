import type { components } from '../api/schema'
import { runStatesEn, runStatesRu } from './crm-states'
import { language } from './index'
import { enPlural, ruPlural } from './plural'

type What = components['schemas']['CrmWhat']
type Kind = components['schemas']['CrmKind']

/** A phrase whose middle part leads to the CRM: before, the link, after. */
export type Phrase = readonly [string, string, string]

const ruQuoted = (name: string) => (name ? `«${name}»` : '')
const enQuoted = (name: string) => (name ? `“${name}”` : '')
/** `verb thing «name»`: the name leads to the CRM, or the thing when it has no name. */
const named = (verb: string, thing: string, name: string, after = ''): Phrase =>
  name ? [`${verb} ${thing} `, name, after] : [`${verb} `, thing, after]
const aside = (detail: string) => (detail ? ` (${detail})` : '')
/** `Продажи → Переговоры`: the funnel and the stage. */
const placed = (detail: string): [stage: string, pipeline: string] => {
  const [pipeline = '', ...stage] = detail.split(' → ')
  return stage.length > 0 ? [stage.join(' → '), pipeline] : [pipeline, '']
}

const ru = {
  kinds: { amo: 'amoCRM', bitrix: 'Битрикс24' } as Record<Kind, string>,
  happened: (what: What, name: string, detail: string): Phrase | null => {
    switch (what) {
      case 'contact_created':
        return named('создан', 'контакт', ruQuoted(name))
      case 'contact_found':
        return named('найден', 'контакт', ruQuoted(name))
      case 'lead_created':
        return named('создан', 'лид', ruQuoted(name), aside(detail))
      case 'deal_created':
        return named('создана', 'сделка', ruQuoted(name), aside(detail))
      case 'deal_found':
        return named('найдена', 'открытая сделка', ruQuoted(name), aside(detail))
      case 'unsorted_created':
        return ['обращение передано в ', '«Неразобранное»', '']
      case 'unsorted_accepted':
        return ['обращение ', 'принято', ' из «Неразобранного»']
      case 'unsorted_declined':
        return ['обращение в «Неразобранном» ', 'отклонено', '']
      case 'task_created':
        return named('поставлена', 'задача', ruQuoted(name))
      case 'task_done':
        return name ? ['задача ', ruQuoted(name), ' выполнена'] : ['', 'задача', ' выполнена']
      case 'stage_changed': {
        const [stage, pipeline] = placed(detail)
        return stage ? ['сделка на этапе ', ruQuoted(stage), aside(pipeline)] : ['', 'этап сделки', ' изменён']
      }
      case 'responsible_changed':
        return name ? ['ответственный за ', 'сделку', `: ${name}`] : ['', 'ответственный', ' изменён']
      case 'deal_removed':
        return named('удалена', 'сделка', ruQuoted(name))
      case 'failed':
        return [detail ? `не удалось перевести сделку на этап ${ruQuoted(placed(detail)[0])}, причина — ` : 'не удалось передать в CRM, причина — ', 'в журнале CRM', '']
      default:
        what satisfies never
        return null
    }
  },
  opens: (what: string, crm: string) => `${what}, открыть в ${crm}`,
  contact: 'Контакт',
  unnamed: { contact: 'без имени', deal: (id: string) => `Сделка № ${id}`, task: 'без текста', stage: 'неизвестный' },
  stage: 'Этап',
  stageUnknown: 'Этап неизвестен',
  bar: (at: number, all: number) => `Этап ${at} из ${all}`,
  won: 'Успешно закрыта',
  lost: 'Закрыта без продажи',
  responsible: 'Ответственный',
  task: 'Задача',
  unsorted: 'Ждёт в «Неразобранном»',
  unsortedWhat: 'Сделка появится здесь, когда обращение примут в CRM.',
  others: (n: number) => `Ещё ${n} ${ruPlural(n, 'сделка', 'сделки', 'сделок')} клиента`,
  makeMain: 'Сделать основной',
  makeMainOf: (name: string) => `Сделать основной: ${name}`,
  moving: (stage: string) => `Переводим на этап «${stage}»…`,
  movingLater: (stage: string, crm: string) => `Перевод на этап «${stage}» ждёт: уйдёт сам, когда ${crm} снова заработает.`,
  choosing: 'Меняем основную сделку…',
  choosingLater: (crm: string) => `Новая основная сделка выбрана; вступит в силу, когда ${crm} снова заработает.`,
  refused: (stage: string, crm: string) => `${crm} не перевела сделку на этап «${stage}».`,
  inLog: 'Подробно в журнале',
  waiting: 'Передаётся в CRM…',
  waitingLater: (crm: string) => `Часть обращения ещё не передана: ждёт, когда ${crm} снова заработает.`,
  interrupted: (crm: string) => `${crm} сейчас не отвечает. Изменения уйдут сами, когда связь вернётся.`,
  stopped: (crm: string) => `Передача в ${crm} остановлена. Портал подключает заново администратор.`,
  disconnected: 'Портал отключён. Показано то, что было известно.',
  mend: 'Открыть настройки',
  nothingYet: 'В CRM по этому клиенту пока ничего нет',
  log: {
    open: 'Журнал CRM',
    title: 'Журнал CRM этого обращения',
    reading: 'Читаем журнал…',
    empty: 'По этому обращению в CRM ещё ничего не решалось. Если CRM сейчас не отвечает, обращение ждёт и уйдёт само.',
    whole: 'Подробно: правила и запросы',
    more: 'Показать ещё',
    states: runStatesRu as Partial<Record<string, string>>,
  },
}

const en: typeof ru = {
  kinds: { amo: 'amoCRM', bitrix: 'Bitrix24' },
  happened: (what, name, detail) => {
    switch (what) {
      case 'contact_created':
        return named('created', 'contact', enQuoted(name))
      case 'contact_found':
        return named('found', 'contact', enQuoted(name))
      case 'lead_created':
        return named('created', 'lead', enQuoted(name), aside(detail))
      case 'deal_created':
        return named('created', 'deal', enQuoted(name), aside(detail))
      case 'deal_found':
        return named('found', 'open deal', enQuoted(name), aside(detail))
      case 'unsorted_created':
        return ['the enquiry went to ', 'Incoming leads', '']
      case 'unsorted_accepted':
        return ['the enquiry was ', 'accepted', ' from Incoming leads']
      case 'unsorted_declined':
        return ['the enquiry in Incoming leads was ', 'declined', '']
      case 'task_created':
        return named('created', 'task', enQuoted(name))
      case 'task_done':
        return name ? ['task ', enQuoted(name), ' is done'] : ['', 'the task', ' is done']
      case 'stage_changed': {
        const [stage, pipeline] = placed(detail)
        return stage ? ['the deal is at ', enQuoted(stage), aside(pipeline)] : ['', 'the stage of the deal', ' changed']
      }
      case 'responsible_changed':
        return name ? ['responsible for the ', 'deal', `: ${name}`] : ['', 'the responsible user', ' changed']
      case 'deal_removed':
        return named('removed', 'deal', enQuoted(name))
      case 'failed':
        return [detail ? `the deal could not be moved to ${enQuoted(placed(detail)[0])}, the reason is ` : 'could not be passed to the CRM, the reason is ', 'in the CRM log', '']
      default:
        what satisfies never
        return null
    }
  },
  opens: (what, crm) => `${what}, open in ${crm}`,
  contact: 'Contact',
  unnamed: { contact: 'no name', deal: (id) => `Deal No. ${id}`, task: 'no text', stage: 'unknown' },
  stage: 'Stage',
  stageUnknown: 'The stage is not known',
  bar: (at, all) => `Stage ${at} of ${all}`,
  won: 'Closed, won',
  lost: 'Closed, lost',
  responsible: 'Responsible',
  task: 'Task',
  unsorted: 'Waits in Incoming leads',
  unsortedWhat: 'The deal appears here when the enquiry is accepted in the CRM.',
  others: (n) => `${n} more ${enPlural(n, 'deal', 'deals')} of the customer`,
  makeMain: 'Make it the main one',
  makeMainOf: (name) => `Make it the main one: ${name}`,
  moving: (stage) => `Moving to “${stage}”…`,
  movingLater: (stage, crm) => `The move to “${stage}” waits: it goes by itself once ${crm} works again.`,
  choosing: 'Changing the main deal…',
  choosingLater: (crm) => `Another main deal is chosen; it counts once ${crm} works again.`,
  refused: (stage, crm) => `${crm} did not move the deal to “${stage}”.`,
  inLog: 'More in the log',
  waiting: 'Being passed to the CRM…',
  waitingLater: (crm) => `A part of the conversation is not passed on yet: it waits until ${crm} works again.`,
  interrupted: (crm) => `${crm} does not answer now. Changes go there by themselves when it does.`,
  stopped: (crm) => `Nothing is passed to ${crm}. An administrator has to connect it again.`,
  disconnected: 'The CRM is disconnected. This is what was known.',
  mend: 'Open the settings',
  nothingYet: 'The CRM has nothing of this customer yet',
  log: {
    open: 'CRM log',
    title: 'CRM log of this conversation',
    reading: 'Reading the log…',
    empty: 'Nothing was decided about this conversation yet. If the CRM does not answer now, it waits and goes by itself.',
    whole: 'More: rules and calls',
    more: 'Show more',
    states: runStatesEn,
  },
}

export type CrmDeskTexts = typeof ru

/** Texts of the CRM in the desk; they come with the chunks that show it. */
export const deskCrmRu = ru
export const deskCrmEn = en
export const deskCrm = (): CrmDeskTexts => (language === 'ru' ? ru : en)
