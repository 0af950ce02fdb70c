import { api, ask, Refused } from '../../kit/api/client'
import type { Message } from '../../kit/api/types'
import type { Box } from './box'
import { disk } from './disk'
import { joined, withThread } from './reduce'
import type { Outgoing } from './state'

const FIRST_PAUSE = 1000
const LONGEST_PAUSE = 15_000

/** Sends answers in the order in which they were written, one conversation after another's fault
 * unhindered. Sending twice is harmless: the server knows a repeat by `client_id`. */
export class Outbox {
  #busy = new Set<string>()
  #pause = FIRST_PAUSE
  #ended = false

  constructor(private readonly box: Box) {}

  async start() {
    const me = this.box.state.me.employee_id
    const kept = (await disk.all()).filter((item) => item.employee_id === me)
    kept.sort((a, b) => (a.created_at < b.created_at ? -1 : 1))
    this.box.change((state) => {
      const known = new Set(state.outgoing.map((item) => item.client_id))
      return { ...state, outgoing: [...kept.filter((k) => !known.has(k.client_id)), ...state.outgoing] }
    })
    this.flush()
    addEventListener('online', this.flush)
  }

  end() {
    this.#ended = true
    removeEventListener('online', this.flush)
  }

  add(outgoing: Outgoing) {
    this.box.change((state) => ({ ...state, outgoing: [...state.outgoing, outgoing] }))
    void disk.put(outgoing)
    this.flush()
  }

  /** A person says to try a refused one again. */
  again(id: string) {
    this.#set(id, { refusal: null })
    this.flush()
  }

  drop(id: string) {
    void disk.remove(id)
    this.box.change((state) => ({ ...state, outgoing: state.outgoing.filter((o) => o.client_id !== id) }))
  }

  flush = () => {
    if (this.#ended) return
    const conversations = new Set(this.box.state.outgoing.map((item) => item.conversation_id))
    for (const id of conversations) if (!this.#busy.has(id)) void this.#drain(id)
  }

  async #drain(conversation: string) {
    this.#busy.add(conversation)
    try {
      for (;;) {
        const next = this.box.state.outgoing.find((o) => o.conversation_id === conversation && !o.refusal)
        if (!next || this.#ended) return
        try {
          const message = await this.#send(next)
          this.#pause = FIRST_PAUSE
          this.#sent(next, message)
        } catch (error) {
          if (!(error instanceof Refused)) throw error
          if (error.passing || error.status === 401) {
            setTimeout(this.flush, this.#pause)
            this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE)
            return
          }
          const why = error.problem?.errors?.[0]?.message ?? error.problem?.detail
          this.#set(next.client_id, { refusal: why ?? { ru: error.message, en: error.message } })
        }
      }
    } finally {
      this.#busy.delete(conversation)
    }
  }

  async #send(outgoing: Outgoing): Promise<Message> {
    const files: string[] = []
    for (const [index, file] of outgoing.files.entries()) {
      const id = file.attachment_id ?? (await upload(file.blob, file.name))
      files.push(id)
      if (!file.attachment_id) {
        const kept = outgoing.files.map((f, i) => (i === index ? { ...f, attachment_id: id } : f))
        outgoing = { ...outgoing, files: kept }
        this.#set(outgoing.client_id, { files: kept })
      }
    }
    const { client_id, text, kind, reply_to, mentions, subject } = outgoing
    const path = { conversation_id: outgoing.conversation_id }
    return ask(
      api.POST('/api/v1/conversations/{conversation_id}/messages', {
        params: { path },
        body: { client_id, text, kind, files, reply_to, mentions, subject },
      }),
    )
  }

  #sent(outgoing: Outgoing, message: Message) {
    void disk.remove(outgoing.client_id)
    this.box.change((state) => {
      const left = state.outgoing.filter((o) => o.client_id !== outgoing.client_id)
      const next = { ...state, outgoing: left }
      if (!next.threads.has(message.conversation_id)) return next
      return withThread(next, message.conversation_id, (thread) => {
        // The event may have come first, and with it a later status.
        const held = thread.items.some((item) => item.message_id === message.message_id)
        return held || thread.newer ? thread : { ...thread, items: joined(thread.items, [message]) }
      })
    })
  }

  #set(id: string, change: Partial<Outgoing>) {
    this.box.change((state) => ({
      ...state,
      outgoing: state.outgoing.map((item) => {
        if (item.client_id !== id) return item
        const changed = { ...item, ...change }
        void disk.put(changed)
        return changed
      }),
    }))
  }
}

async function upload(blob: Blob, name: string): Promise<string> {
  const form = new FormData()
  form.append('file', blob, name)
  const made = await ask(
    api.POST('/api/v1/attachments', {
      body: form as never,
      // A form with files is written by the browser itself.
      bodySerializer: (body: unknown) => body as FormData,
    }),
  )
  return made.attachment_id
}
