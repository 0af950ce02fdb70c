import { language } from '../index'
import { enPlural, ruPlural } from '../plural'

/** Webhooks of a portal that were not understood and wait for a person. */
export const crmQuarantineRu = {
  title: (portal: string) => `Непонятые сообщения CRM: ${portal}`,
  hint: 'CRM сообщила о чём-то, чего мы не поняли: по этим сообщениям ничего не сделано. Посмотрите исходные данные и отметьте разобранными. Хранится сто последних, ключи и пароли скрыты.',
  count: (n: number) => `${n} ${ruPlural(n, 'сообщение CRM не понято', 'сообщения CRM не поняты', 'сообщений CRM не поняты')}`,
}

export const crmQuarantineEn: typeof crmQuarantineRu = {
  title: (portal) => `CRM messages that were not understood: ${portal}`,
  hint: 'The CRM told of something that we did not understand: nothing was done about it. Look at the raw data and mark them as settled. The last hundred are kept, keys and passwords are hidden.',
  count: (n) => `${n} ${enPlural(n, 'message of the CRM was', 'messages of the CRM were')} not understood`,
}

/** The texts of the language that is on. */
export const crmQuarantine = () => (language === 'ru' ? crmQuarantineRu : crmQuarantineEn)
