/** Notifications on the screen, while nobody looks at any of our tabs: several at once as one. */
import { t } from '../kit/i18n'
import { previewOf } from '../kit/preview'
import type { News } from './store/news'

const TOGETHER = 1500
const NAMES = 3

const named = (one: News) => one.name || t.chat.guestNo(one.number)

/** What one notification says of much news. Pure. */
export function bundled(news: readonly News[]): { title: string; body: string; open: string } | null {
  const byChat = new Map(news.map((one) => [one.conversation_id, one]))
  const all = [...byChat.values()]
  const last = all.at(-1)
  if (!last) return null
  if (all.length === 1) {
    const title = last.kind === 'newChat' ? t.shell.notice.newChat(named(last)) : t.shell.notice.message(named(last))
    return { title, body: previewOf(last.text), open: last.conversation_id }
  }
  const lines = all.slice(-NAMES).reverse().map((one) => `${named(one)}: ${previewOf(one.text)}`)
  if (all.length > NAMES) lines.push(t.shell.notice.more(all.length - NAMES))
  return { title: t.shell.notice.many(all.length), body: lines.join('\n'), open: last.conversation_id }
}

/** One tab shows them, whichever came first. */
export class Notices {
  #news: News[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #mine = !navigator.locks
  #gone = new AbortController()
  #seen: (() => void) | null = null

  constructor(private readonly open: (id: string) => void) {
    const locks: LockManager | undefined = navigator.locks
    locks
      ?.request('beseda.notices', { signal: this.#gone.signal }, () => {
        if (this.#gone.signal.aborted) return Promise.resolve()
        this.#mine = true
        return new Promise<void>((done) => this.#gone.signal.addEventListener('abort', () => done()))
      })
      .catch(() => {
        // We go before our turn came.
      })
    document.addEventListener('visibilitychange', this.#look)
    this.#look()
  }

  /** While a tab is looked at, the others know it by a lock that it shares. */
  #look = () => {
    this.#seen?.()
    this.#seen = null
    if (document.hidden) return
    const seen = new Promise<void>((done) => {
      this.#seen = done
    })
    void navigator.locks?.request('beseda.seen', { mode: 'shared' }, () => seen)
  }

  add(news: readonly News[]) {
    this.#news.push(...news)
    this.#timer ??= setTimeout(() => void this.#show(), TOGETHER)
  }

  async #show() {
    this.#timer = undefined
    const told = bundled(this.#news)
    this.#news = []
    if (!told || !this.#mine || !document.hidden || Notification.permission !== 'granted') return
    const locks = await navigator.locks?.query()
    if (locks?.held?.some((lock) => lock.name === 'beseda.seen')) return
    const options = { body: told.body, tag: 'beseda', renotify: true, silent: true } as NotificationOptions
    const notice = new Notification(told.title, options)
    notice.onclick = () => {
      focus()
      notice.close()
      this.open(told.open)
    }
  }

  end() {
    this.#gone.abort()
    clearTimeout(this.#timer)
    document.removeEventListener('visibilitychange', this.#look)
    this.#seen?.()
  }
}
