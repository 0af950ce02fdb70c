// Companies made through the API, each for one area alone, so that areas do not meet.
import { randomBytes } from 'node:crypto'
import { until } from './until.mjs'

const fresh = () => randomBytes(5).toString('hex')

/** A refusal of the API, with its problem. */
export class Refused extends Error {
  constructor(what, status, problem) {
    super(`${what}: ${status} ${JSON.stringify(problem)}`)
    this.status = status
    this.problem = problem
  }
}

/** An id of the API as the database has it. */
export const uuid = (id) => id.slice(id.indexOf('_') + 1)

/** Somebody who is logged in: `get`, `post`, `put`, `patch`, `delete` below /api/v1. */
export class Client {
  cookie = ''

  constructor(base) {
    this.base = base
  }

  async ask(method, path, body) {
    const headers = { Origin: this.base }
    if (this.cookie) headers.Cookie = `beseda_session=${this.cookie}`
    if (body !== undefined) headers['Content-Type'] = 'application/json'
    const answer = await fetch(`${this.base}/api/v1${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const cookie = answer.headers.getSetCookie().find((one) => one.startsWith('beseda_session='))
    if (cookie) this.cookie = cookie.split(';')[0].slice('beseda_session='.length)
    const text = await answer.text()
    const told = text ? JSON.parse(text) : null
    if (!answer.ok) throw new Refused(`${method} ${path}`, answer.status, told)
    return told
  }

  get = (path) => this.ask('GET', path)
  post = (path, body = {}) => this.ask('POST', path, body)
  put = (path, body = {}) => this.ask('PUT', path, body)
  patch = (path, body = {}) => this.ask('PATCH', path, body)
  delete = (path) => this.ask('DELETE', path)
}

/** An employee: who they are, how they log in, and their client. */
class Employee {
  constructor(base, name, email) {
    this.api = new Client(base)
    this.name = name
    this.email = email ?? `e2e-${fresh()}@example.ru`
    this.password = `pass-${fresh()}-word`
  }

  online() {
    return this.api.put('/me/presence', { presence: 'online' })
  }
}

export async function newCompany(server, { name = 'Двери Град', owner = 'Марина Кравцова', language = 'ru', email } = {}) {
  const boss = new Employee(server.base, owner, email)
  const made = await boss.api.post('/sign-up', {
    company: name, name: owner, email: boss.email, password: boss.password, language,
  })
  boss.employee_id = made.employee_id

  return {
    account_id: made.account_id,
    name,
    owner: boss,
    api: boss.api,

    /** A colleague who was invited and joined. */
    async employee(name, role = 'operator', groups = [], email) {
      const one = new Employee(server.base, name, email)
      const { token } = await boss.api.post('/invites', { email: one.email, role, groups })
      const joined = await one.api.post('/invites/accept', { token, name, password: one.password, language })
      one.employee_id = joined.employee_id
      return one
    },

    /** A chat for a site. `page` is the test page that opens it. */
    async site(name = 'Сайт dveri-grad.ru', settings = {}) {
      const channel = await boss.api.post('/channels', { kind: 'widget', name, settings: { title: 'Двери Град', ...settings } })
      return { ...channel, page: `${server.base}/widget/${channel.hook_key}/test.html` }
    },

    /** A Telegram bot in the sandbox, connected; `customer(name)` is a person who writes to it. */
    async telegram(name = 'Бот магазина', username = `b${fresh()}_bot`) {
      const url = await server.sandbox()
      const act = async (path, body) => {
        const answer = await fetch(`${url}/sandbox${path}`, {
          method: 'POST',
          headers: body instanceof Uint8Array ? {} : { 'Content-Type': 'application/json' },
          body: body instanceof Uint8Array ? body : JSON.stringify(body ?? {}),
        })
        if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
        return answer.json().catch(() => null)
      }
      const bot = await act('/bots', { username })
      const channel = await boss.api.post('/channels', {
        kind: 'telegram_bot', name, settings: { token: bot.token, base_url: url },
      })
      await until(async () => (await boss.api.get(`/channels/${channel.channel_id}`)).state === 'connected', {
        within: 20_000, what: 'the bot is connected',
      })
      return {
        ...channel,
        bot,
        act,
        async customer(first_name, known) {
          const { id } = await act('/customers', known ? { first_name, id: known } : { first_name })
          const chat = `/chats/${bot.id}/${id}`
          return {
            id,
            name: first_name,
            say: (text) => act(`${chat}/text`, { text }),
            file: (bytes, { kind = 'document', name = 'file.bin', caption = '' } = {}) =>
              act(`${chat}/file?${new URLSearchParams({ kind, name, caption })}`, bytes),
            /** Anything else that the sandbox's page can do: `edit`, `block`, `press`… */
            do: (what, body) => act(`${chat}/${what}`, body),
            /** What the customer's phone shows. */
            shown: async () => (await fetch(`${url}/sandbox${chat}`)).json(),
          }
        },
      }
    },

    /** Waits for the conversation whose last words are these. */
    conversation: (text, who = boss) =>
      until(
        async () => {
          const { items } = await who.api.get('/conversations?limit=100')
          return items.find((one) => one.preview.includes(text))
        },
        { what: `a conversation with "${text}"` },
      ),
  }
}
