import type { components } from './schema'

type Schemas = components['schemas']

export type Words = Schemas['Words']
export type Problem = Schemas['Problem']
export type Me = Schemas['Me']
export type Right = Schemas['Right']
export type Role = Schemas['Role']
export type Presence = Schemas['Presence']
export type Employee = Schemas['EmployeeView']
export type Invite = Schemas['InviteView']
export type Group = Schemas['GroupView']
export type Tag = Schemas['TagView']
export type Listing = Schemas['Listing']
export type Conversation = Schemas['ConversationView']
export type Listed = Schemas['ListedConversation']
export type ConversationKind = Schemas['ConversationKind']
export type ConversationState = Schemas['ConversationState']
export type Tail = Schemas['ConversationTail']
export type Counts = Schemas['CountsBody']
export type Message = Schemas['MessageView']
export type SystemLine = Schemas['SystemLine']
export type Content = Schemas['Content_AttachmentView']
export type Attachment = Schemas['AttachmentView']
export type DeliveryStatus = Schemas['DeliveryStatus']
export type Contact = Schemas['ContactView']
export type Identity = Schemas['IdentityView']
export type Span = Schemas['Span']
export type Channel = Schemas['ChannelView']
export type ChannelDetails = Schemas['ChannelBody']
export type ChannelState = Schemas['ChannelState']
export type Capabilities = Schemas['Capabilities']
export type Found = Schemas['SearchView']
export type FoundMessage = Schemas['FoundMessage']
export type ServerFrame = Schemas['ServerFrame']
export type ClientFrame = Schemas['ClientFrame']
export type EventFrame = Extract<ServerFrame, { type: 'event' }>

/** The form of a channel kind is data of the server's drivers, so the API's description leaves it
 * open; this is what they write. */
export type FormField = {
  key: string
  label: Words
  help: Words | null
  required: boolean
  advanced: boolean
} & (
  | { kind: 'text' | 'list' | 'choice'; placeholder: string | null }
  | { kind: 'own_secret'; length: number }
  | { kind: 'long_text' | 'secret' | 'url' }
  | { kind: 'number'; min: number; max: number; default: number | null }
  | { kind: 'toggle'; default: boolean }
  | { kind: 'select'; options: { value: string; label: Words }[]; default: string | null }
  | { kind: 'ways'; ways: { value: string; label: Words; fields: string[] }[]; default: string | null }
  | { kind: 'color'; default: string }
)

export type ChannelKind = Omit<Schemas['KindBody'], 'form'> & {
  form: { intro: Words; fields: FormField[] }
}
