import { enPlural, ruPlural } from '../../plural'

/** Who is responsible (AMO-12, CRM-3). */
export const employeesRu = {
  default: 'Ответственный по умолчанию',
  defaultHelp: 'За контакты, сделки и задачи, которые создаёт интеграция',
  nobody: 'Тот, кто подключил amoCRM',
  goneUser: 'Этого сотрудника в amoCRM больше нет. Выберите другого.',
  inactiveUser: 'Этот сотрудник в amoCRM неактивен: amoCRM не принимает его ответственным. Выберите другого.',
  rules: 'Ответственный по условиям',
  rulesHelp: 'Например, обращения с одного сайта получает один сотрудник.',
  noRules: 'Правил нет: всегда ответственный по умолчанию.',
  to: 'Назначить',
  sync: 'Сотрудники amoCRM',
  syncText: (n: number) => `В списке ${n} ${ruPlural(n, 'сотрудник', 'сотрудника', 'сотрудников')} amoCRM`,
  daily: 'Синхронизация по расписанию',
  dailyHelp: 'Ежедневно в 00:00 по Москве обновлять сотрудников, воронки и поля',
  people: 'Кто есть кто',
  peopleHelp: 'Чтобы ответивший в чате становился ответственным в amoCRM. Без выбора сотрудника находят по одинаковой почте.',
  ours: 'Сотрудник',
  theirs: 'Пользователь amoCRM',
  byMail: (name: string) => `По почте: ${name}`,
  noMatch: 'Не найден',
  transfer: 'Передавать ответственность',
  transferHelp:
    'Кто первым ответил клиенту, становится ответственным за сделку и контакт. Если ответственного сменили в amoCRM вручную, его не трогают.',
}

export const employeesEn: typeof employeesRu = {
  default: 'Default responsible',
  defaultHelp: 'For contacts, deals and tasks that the integration makes',
  nobody: 'Whoever connected amoCRM',
  goneUser: 'amoCRM has no such user any more. Choose another.',
  inactiveUser: 'This user is inactive in amoCRM, which refuses them as responsible. Choose another.',
  rules: 'Responsible by conditions',
  rulesHelp: 'For example, one employee gets the enquiries of one site.',
  noRules: 'No rules: always the default responsible.',
  to: 'Assign to',
  sync: 'Users of amoCRM',
  syncText: (n) => `The list has ${n} amoCRM ${enPlural(n, 'user', 'users')}`,
  daily: 'Synchronise by schedule',
  dailyHelp: 'Refresh users, funnels and fields daily at 00:00 Moscow time',
  people: 'Who is who',
  peopleHelp: 'So that whoever answered becomes responsible in amoCRM. Without a choice people are found by an equal e-mail address.',
  ours: 'Employee',
  theirs: 'amoCRM user',
  byMail: (name) => `By e-mail: ${name}`,
  noMatch: 'Not found',
  transfer: 'Transfer responsibility',
  transferHelp:
    'Whoever answers the customer first becomes responsible for the deal and the contact. A responsible changed by hand in amoCRM is left alone.',
}
