/** Name templates (AMO-9). */
export const namesRu = {
  contact: 'Название контакта',
  deal: 'Название сделки',
  task: 'Текст задачи',
  preview: 'Получится',
  previewLocal: 'Получится примерно',
  params: 'Вставить параметр',
  moreParams: 'Все параметры',
  back: 'Вернуть по умолчанию',
  isDefault: 'по умолчанию',
  unsorted: 'Названия контакта и сделки не действуют: на вкладке «Основные» выбран метод «Использовать «Неразобранное»», а такие записи amoCRM называет сама. Текст задачи действует.',
  toMain: 'Открыть «Основные»',
  unknown: (codes: string) => `Такого параметра нет: ${codes}`,
  emptyNote: 'Пустые параметры пропускаются, лишние пробелы убираются. Если не осталось ничего, берётся шаблон по умолчанию.',
}

export const namesEn: typeof namesRu = {
  contact: 'Name of a contact',
  deal: 'Name of a deal',
  task: 'Text of a task',
  preview: 'Result',
  previewLocal: 'Result, roughly',
  params: 'Insert a parameter',
  moreParams: 'All parameters',
  back: 'Restore the default',
  isDefault: 'default',
  unsorted: 'Names of contacts and deals have no effect: the tab “General” has the method “Use Incoming leads”, and amoCRM names such records itself. The text of a task has effect.',
  toMain: 'Open “General”',
  unknown: (codes) => `There is no such parameter: ${codes}`,
  emptyNote: 'Empty parameters are left out, and so are extra spaces. If nothing is left, the default template is used.',
}
