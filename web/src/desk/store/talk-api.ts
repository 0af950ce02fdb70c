import { api, ask } from '../../kit/api/client'
import type { components } from '../../kit/api/schema'

type Schemas = components['schemas']

/** Calls of a conversation: drafts, canned replies, the company's own fields. */
export type Mode = Schemas['DraftMode']
export type Draft = Schemas['DraftView']
export type CannedReply = Schemas['CannedReplyView']
export type ContactField = Schemas['ContactFieldView']

export const readDraftsOf = async (): Promise<Draft[]> => (await ask(api.GET('/api/v1/drafts'))).items

/** An empty text takes the draft away. `leaving`: the page goes, the request stays. */
export async function saveDraft(conversation_id: string, mode: Mode, text: string, leaving?: 'leaving') {
  await ask(
    api.PUT('/api/v1/conversations/{conversation_id}/drafts/{mode}', {
      params: { path: { conversation_id, mode } },
      body: { text },
      keepalive: leaving === 'leaving',
    }),
  )
}

export const readCanned = async (): Promise<CannedReply[]> => (await ask(api.GET('/api/v1/canned-replies'))).items

export const cannedUsed = (canned_reply_id: string) =>
  ask(api.POST('/api/v1/canned-replies/{canned_reply_id}/used', { params: { path: { canned_reply_id } } }))

export const readContactFields = async (): Promise<ContactField[]> =>
  (await ask(api.GET('/api/v1/contact-fields'))).items
