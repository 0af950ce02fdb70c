import { language } from './index'

/**
 * Names of the cabinet's sections about chats. The texts of each section come with its own code
 * (`flow/`), both languages together; English must have every text.
 */
export const cabinetFlowRu = {
  groupChats: 'Чаты',
  groupCompany: 'Компания',
  board: 'Табло',
  scenarios: 'Сценарии',
  hours: 'Рабочее время',
  crm: 'Интеграции CRM',
}

export const cabinetFlowEn: typeof cabinetFlowRu = {
  groupChats: 'Chats',
  groupCompany: 'Company',
  board: 'Board',
  scenarios: 'Scenarios',
  hours: 'Working hours',
  crm: 'CRM integrations',
}

/** The texts of the language that is on. */
export const flow = () => (language === 'ru' ? cabinetFlowRu : cabinetFlowEn)
