import { api, ask, Refused } from '../../kit/api/client'
import type { ConversationState } from '../../kit/api/types'
import type { Box } from './box'
import { asQuery, type Filter } from './filter'
import * as reduce from './reduce'
import type { View } from './state'

const PAGE = 50
const COUNTS_PAUSE = 250
const AGAIN = 3000

/** The tabs of the list: pages from the server, joined with what events brought meanwhile. */
export class Lists {
  /** The number of the last event about a conversation, to tell an older answer from a newer. */
  readonly #touched = new Map<string, number>()
  #events = 0
  #rounds = new Map<ConversationState, number>()
  #timers = new Map<ConversationState, ReturnType<typeof setTimeout>>()
  #countsTimer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly box: Box,
    /** Nothing is read before events come: what happened in between would be lost. */
    private readonly begun: Promise<void>,
  ) {}

  /** The number of the last event, to ask later whether a conversation changed since. */
  get now(): number {
    return this.#events
  }

  touch(id: string) {
    this.#touched.set(id, ++this.#events)
  }

  changedSince(id: string, since: number): boolean {
    return (this.#touched.get(id) ?? 0) > since
  }

  async read(name: ConversationState, from: 'top' | 'further') {
    const view = this.box.state.views[name]
    if (from === 'further' && (view.load === 'loading' || !view.next || view.cut)) return
    if (from === 'top') this.#rounds.set(name, (this.#rounds.get(name) ?? 0) + 1)
    const round = this.#rounds.get(name)
    this.#set(name, { load: 'loading' })
    await this.begun
    const { filter, me } = this.box.state
    const since = this.#events
    try {
      const page = await ask(
        api.GET('/api/v1/conversations', {
          params: {
            query: {
              state: name,
              limit: PAGE,
              cursor: from === 'further' ? (view.next ?? undefined) : undefined,
              ...asQuery(filter, me.employee_id),
            },
          },
        }),
      )
      if (round !== this.#rounds.get(name)) return
      this.box.change((state) => {
        let next = reduce.withPage(state, name, page, from, (id) => this.changedSince(id, since))
        // What moved into this tab while the page was on its way.
        for (const [id, at] of this.#touched) {
          const chat = at > since ? next.chats.get(id) : undefined
          if (chat) next = reduce.withChat(next, chat)
        }
        return next
      })
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      if (round !== this.#rounds.get(name)) return
      this.#set(name, { load: 'failed' })
      if (error.passing) {
        setTimeout(() => this.box.state.views[name].load === 'failed' && void this.read(name, 'top'), AGAIN)
      }
    }
  }

  #set(name: ConversationState, change: Partial<View>) {
    this.box.change((s) => ({ ...s, views: { ...s.views, [name]: { ...s.views[name], ...change } } }))
  }

  readSoon(name: ConversationState) {
    if (this.box.state.views[name].load === 'no' || this.#timers.has(name)) return
    const read = () => {
      this.#timers.delete(name)
      void this.read(name, 'top')
    }
    this.#timers.set(name, setTimeout(read, 150))
  }

  readCountsSoon() {
    if (this.#countsTimer) return
    const read = async () => {
      this.#countsTimer = undefined
      try {
        const counts = await ask(api.GET('/api/v1/conversations/counts'))
        this.box.change((state) => ({ ...state, counts }))
      } catch (error) {
        if (!(error instanceof Refused)) throw error
      }
    }
    this.#countsTimer = setTimeout(() => void this.begun.then(read), COUNTS_PAUSE)
  }

  setFilter(filter: Filter) {
    this.box.change((state) => {
      const views = { ...state.views }
      for (const name of reduce.STATES) views[name] = { ids: [], next: null, load: 'no' }
      return { ...state, filter, views, selected: new Set() }
    })
  }
}
