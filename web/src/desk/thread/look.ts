import { createContext, useContext } from 'react'

/** What a message needs to know of the thread around it: the words to mark in it (only there), and how an
 * image of it is opened. */
export interface Look {
  marks: RegExp | null
  openImage: (attachment_id: string) => void
}

export const LookContext = createContext<Look>({ marks: null, openImage: () => {} })
export const useLook = () => useContext(LookContext)
