import { language } from './index'

/** Whether phones can be written to (WA-1): the texts come with the card and the dialogue that show them. */
export const deskNumbersRu = {
  state: {
    not_checked: 'номер не проверен',
    checking: 'номер проверяется…',
    exists: 'номер есть',
    does_not_exist: 'такого номера нет',
    failed: 'проверить не удалось',
  },
  /** The channel's name stands before, since the answer is its service's. */
  of: (channel: string, state: string) => `${channel}: ${state}`,
  gone: 'Удалённый канал',
  check: 'Проверить',
  again: 'Проверить снова',
  paid: 'платно',
  deed: (deed: string, phone: string, channel: string) => `${deed}: ${phone}, ${channel}`,
  paidWhat: 'Каждая проверка оплачивается по тарифу провайдера',
  answered: (at: string) => `Проверено ${at}`,
  before: (state: string, at: string) => `Прежний ответ: ${state}, ${at}`,
  warning: (channel: string, at: string) =>
    `По проверке от ${at} такого номера нет в канале «${channel}». Сообщение, скорее всего, не дойдёт.`,
}

export const deskNumbersEn: typeof deskNumbersRu = {
  state: {
    not_checked: 'number not checked',
    checking: 'the number is being checked…',
    exists: 'the number exists',
    does_not_exist: 'there is no such number',
    failed: 'it could not be checked',
  },
  of: (channel, state) => `${channel}: ${state}`,
  gone: 'A removed channel',
  check: 'Check',
  again: 'Check again',
  paid: 'paid',
  deed: (deed, phone, channel) => `${deed}: ${phone}, ${channel}`,
  paidWhat: 'Each check is paid for at the provider’s rate',
  answered: (at) => `Checked ${at}`,
  before: (state, at) => `Answer before: ${state}, ${at}`,
  warning: (channel, at) =>
    `By a check of ${at} there is no such number in the channel “${channel}”. The message will hardly arrive.`,
}

export const deskNumbers = () => (language === 'ru' ? deskNumbersRu : deskNumbersEn)
