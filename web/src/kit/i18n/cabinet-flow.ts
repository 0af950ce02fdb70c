import { language } from './index'

/**
 * Texts of scenarios, working hours, the live board and the overview. They come with the cabinet's
 * own code, not with the first page, so both languages are here.
 */
export const cabinetFlowRu = {
  groupChats: 'Чаты',
  groupCompany: 'Компания',
}

export const cabinetFlowEn: typeof cabinetFlowRu = {
  groupChats: 'Chats',
  groupCompany: 'Company',
}

/** The texts of the language that is on. */
export const flow = () => (language === 'ru' ? cabinetFlowRu : cabinetFlowEn)
