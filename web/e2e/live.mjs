// What a live update costs with 10,000 conversations behind the list: script and layout by the
// thread's own clock, and how many rows stand in the page. The API is played here.
import { launch, person, site } from './browser.mjs'

const TOTAL = 10_000
const UPDATES = 100
const id = (prefix, n) => `${prefix}_${String(n).padStart(32, '0')}`
const at = (n) => new Date(Date.UTC(2026, 10, 22, 12) - n * 1000).toISOString()
const chat = (n) => ({
  conversation_id: id('cnv', n), number: TOTAL - n, channel_id: id('chn', 1), identity_id: id('idn', n),
  contact_id: id('cnt', n), contact_name: `Клиент ${n}`, kind: 'chat', state: 'new', is_first: true,
  attribution: {}, subject: '', last_position: 3, last_message_at: at(n), preview: `Сообщение ${n}`,
  preview_direction: 'inbound', waiting_since: at(n), opened_at: at(n), tags: [], read_position: 1,
})
const me = {
  employee_id: id('emp', 1), name: 'Марина Кравцова', email: 'm@example.ru', role: 'owner', presence: 'online',
  language: 'ru', groups: [], visibility: 'all', disabled: false, presence_at: at(0), created_at: at(0),
}
const answers = {
  '/api/v1/me': { employee: me, account: { name: 'Двери' }, rights: ['read_conversations', 'work_conversations'] },
  '/api/v1/conversations/counts': { new: TOTAL, in_work: 0, mine: 0, waiting: 0, bound: 20_000 },
  '/api/v1/employees': { items: [me] },
  '/api/v1/channels': { items: [{ channel_id: id('chn', 1), kind: 'widget', name: 'Сайт', title: '', state: 'connected' }] },
}

const browser = await launch()
const { page } = await person(browser)
let send = () => {}
await page.routeWebSocket(/socket/, (socket) => {
  send = (frame) => socket.send(JSON.stringify(frame))
  socket.onMessage(() => send({ type: 'welcome', seq: 0, employee_id: me.employee_id }))
})
await page.route('**/api/v1/**', (route) => {
  const url = new URL(route.request().url())
  if (url.pathname === '/api/v1/conversations') {
    const from = Number(url.searchParams.get('cursor') ?? 0)
    const items = Array.from({ length: 50 }, (_, i) => chat(from + i))
    return route.fulfill({ json: { items, next: from + 50 < TOTAL ? String(from + 50) : null } })
  }
  return route.fulfill({ json: answers[url.pathname] ?? { items: [] } })
})
await page.goto(`${site}/desk/new`)
await page.waitForSelector('[data-row]')
for (let i = 0; i < 20; i++) {
  await page.evaluate(() => {
    const list = document.querySelector('#conversations > div')
    list.scrollTop = list.scrollHeight
  })
  await page.waitForTimeout(60)
}
await page.evaluate(() => {
  document.querySelector('#conversations > div').scrollTop = 0
})
await page.waitForTimeout(300)
const rows = await page.locator('[data-row]').count()

const cdp = await page.context().newCDPSession(page)
await cdp.send('Performance.enable', { timeDomain: 'threadTicks' })
const spent = async () => {
  const { metrics } = await cdp.send('Performance.getMetrics')
  const value = (name) => metrics.find((m) => m.name === name)?.value ?? 0
  return 1000 * (value('ScriptDuration') + value('LayoutDuration') + value('RecalcStyleDuration'))
}
const rounds = []
let seq = 0
for (let round = 0; round < 5; round++) {
  const before = await spent()
  for (let i = 0; i < UPDATES; i++) {
    const n = (round * UPDATES + i * 7) % 400
    const tail = { ...chat(n), last_position: 10 + ++seq, last_message_at: at(-seq), preview: `Живое ${seq}` }
    const message = {
      message_id: id('msg', seq), conversation_id: id('cnv', n), position: tail.last_position, direction: 'inbound',
      body: { type: 'text', text: tail.preview }, created_at: at(-seq), occurred_at: at(-seq),
    }
    send({ type: 'event', seq, at: at(0), kind: 'message.created', data: { message, conversation: tail } })
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
  }
  rounds.push((await spent() - before) / UPDATES)
}
const shown = await page.locator('[data-row]').first().innerText()
await browser.close()

const median = [...rounds].sort((a, b) => a - b)[2]
const checks = [
  [`rows in the page: ${rows} of at most 40`, rows > 0 && rows <= 40],
  [`a live update: ${median.toFixed(1)} ms of at most 8 (script and layout, median of 5)`, median <= 8],
  [`the last update stands on top`, shown.includes(`Живое ${seq}`)],
]
for (const [what, ok] of checks) console.log(`${ok ? 'ok  ' : 'FAIL'} ${what}`)
const passed = checks.filter(([, ok]) => ok).length
console.log(`${passed} passed, ${checks.length - passed} failed`)
process.exitCode = passed === checks.length ? 0 : 1
