import { language } from './index'
import { auditEn, auditRu } from './settings/audit'
import { channelsEn, channelsRu, previewEn, previewRu } from './settings/channels'
import { commonEn, commonRu } from './settings/common'
import { companyEn, companyRu, profileEn, profileRu } from './settings/company'
import { blacklistEn, blacklistRu, fieldsEn, fieldsRu, tagsEn, tagsRu } from './settings/lists'
import { peopleEn, peopleRu } from './settings/people'
import { tokensEn, tokensRu, webhooksEn, webhooksRu } from './settings/programs'
import { repliesEn, repliesRu } from './settings/replies'

/**
 * Texts of the settings. They come with the cabinet's own code, not with the first page, so both
 * languages are here; English must have every text (its type says so).
 */
export const cabinetSettingsRu = {
  ...commonRu,
  people: peopleRu,
  company: companyRu,
  profile: profileRu,
  channels: channelsRu,
  preview: previewRu,
  replies: repliesRu,
  tags: tagsRu,
  fields: fieldsRu,
  blacklist: blacklistRu,
  tokens: tokensRu,
  webhooks: webhooksRu,
  audit: auditRu,
}

export const cabinetSettingsEn: typeof cabinetSettingsRu = {
  ...commonEn,
  people: peopleEn,
  company: companyEn,
  profile: profileEn,
  channels: channelsEn,
  preview: previewEn,
  replies: repliesEn,
  tags: tagsEn,
  fields: fieldsEn,
  blacklist: blacklistEn,
  tokens: tokensEn,
  webhooks: webhooksEn,
  audit: auditEn,
}

/** The texts of the language that is on. */
export const s = () => (language === 'ru' ? cabinetSettingsRu : cabinetSettingsEn)
