import { language } from './index'
import { boardEn, boardRu } from './flow/board'
import { hoursEn, hoursRu } from './flow/hours'
import { scenarioEn, scenarioRu } from './flow/scenario'

/**
 * Texts of scenarios, working hours, the live board and the overview. They come with the cabinet's
 * own code, not with the first page, so both languages are here; English must have every text.
 */
export const cabinetFlowRu = {
  groupChats: 'Чаты',
  groupCompany: 'Компания',
  ...boardRu,
  hours: hoursRu,
  scenario: scenarioRu,
}

export const cabinetFlowEn: typeof cabinetFlowRu = {
  groupChats: 'Chats',
  groupCompany: 'Company',
  ...boardEn,
  hours: hoursEn,
  scenario: scenarioEn,
}

/** The texts of the language that is on. */
export const flow = () => (language === 'ru' ? cabinetFlowRu : cabinetFlowEn)
