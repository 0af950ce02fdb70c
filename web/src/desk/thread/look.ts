import { createContext, useContext } from 'react'
import type { Capabilities } from '../../kit/api/types'

/** What a message needs to know of the thread around it: the words to mark in it (only there), how an
 * image of it is opened, and what its channel can. */
export interface Look {
  marks: RegExp | null
  openImage: (attachment_id: string) => void
  /** Nothing where the employee only reads. */
  can: Capabilities | undefined
  /** The message whose words are being changed. */
  editing: string | null
  edit: (message_id: string | null) => void
}

export const LookContext = createContext<Look>({ marks: null, openImage: () => {}, can: undefined, editing: null, edit: () => {} })
export const useLook = () => useContext(LookContext)
