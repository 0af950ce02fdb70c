/** What can be done with a message beyond answering it: one chunk, loaded where a channel can any of it. */
export { Deeds } from './deeds'
export { Editor } from './editor'
export { ChangeLine } from './change-line'
export { Reactions } from './reactions'
