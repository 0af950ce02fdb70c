// What the desk costs with 10,000 conversations and with a history of 20,000 messages: script and
// layout by the thread's own clock, so that a busy machine does not count.
import assert from 'node:assert/strict'
import { FIRST, history, people } from './stage/crowd.mjs'
import { desk, row } from './stage/desk.mjs'

export const name = 'live'

const TOTAL = 10_000
const ROUNDS = 5
const UPDATES = 30
const HISTORY = 20_000
/** Of one step of scrolling: more would be felt (RAIL: 100 ms). */
const STALL = 100

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]

/** Milliseconds that the page's own thread spent on script, styles and layout. */
async function meter(page) {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' })
  return async () => {
    const { metrics } = await cdp.send('Performance.getMetrics')
    const value = (name) => metrics.find((m) => m.name === name)?.value ?? 0
    return 1000 * (value('ScriptDuration') + value('LayoutDuration') + value('RecalcStyleDuration'))
  }
}

const twoFrames = (page) =>
  page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))

export async function run(stage) {
  const { check, need } = stage
  const company = await stage.company()
  const bot = await company.telegram()
  const { owner } = company
  const writers = []
  let page
  let spent
  let heard = () => {}

  await need(`${TOTAL} conversations stand behind the list`, async () => {
    await stage.sql(people(company.account_id, bot.channel_id, TOTAL))
    for (let n = 0; n < UPDATES; n++) writers.push(await bot.customer(`Клиент ${n * 7}`, FIRST + n * 7))
    const one = await stage.person({ as: owner })
    page = one.page
    page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => heard(String(payload))))
    await owner.online()
    await page.goto('/desk/new')
    await row(page, 'Клиент').first().waitFor()
    // The server counts no further than it says.
    const { new: counted, bound } = await owner.api.get('/conversations/counts')
    assert.equal(counted, Math.min(TOTAL, bound))
    spent = await meter(page)
  })

  await check('at most 40 rows stand in the page, however far one scrolls', async () => {
    const list = page.locator('[data-row]').first()
    await list.hover()
    for (let i = 0; i < 20; i++) {
      await page.mouse.wheel(0, 2500)
      await twoFrames(page)
      const rows = await page.locator('[data-row]').count()
      assert.ok(rows > 0 && rows <= 40, `${rows} rows`)
    }
    await stage.until(async () => {
      await page.mouse.wheel(0, -20_000)
      return row(page, 'Сообщение 0').first().isVisible()
    })
  })

  await check('a live update costs at most 8 ms of script and layout, median of 5', async () => {
    const rounds = []
    for (let round = 0; round < ROUNDS; round++) {
      const before = await spent()
      for (const [n, writer] of writers.entries()) {
        const text = `Живое ${round}-${n}`
        const came = new Promise((done) => {
          heard = (frame) => frame.includes(`"${text}"`) && done()
        })
        await writer.say(text)
        await came
        await twoFrames(page)
      }
      rounds.push((await spent() - before) / writers.length)
    }
    const told = rounds.map((ms) => ms.toFixed(1)).join(', ')
    console.log(`     live update, ms each of ${UPDATES}: ${told}`)
    await page.locator('[data-row]').first().getByText(`Живое ${ROUNDS - 1}-${UPDATES - 1}`).waitFor()
    assert.ok(median(rounds) <= 8, told)
  })

  await check(`a history of ${HISTORY} messages opens and scrolls without a stall`, async () => {
    const { conversation_id } = await company.conversation(`Живое ${ROUNDS - 1}-0`)
    await stage.sql(history(company.account_id, conversation_id, owner.employee_id, HISTORY))
    const before = await spent()
    await page.goto(`/desk/new/${conversation_id}`)
    await page.getByRole('log').getByText(`Строка ${HISTORY}`).waitFor()
    console.log(`     opened: ${(await spent() - before).toFixed(0)} ms with the page`)
    await page.getByRole('log').hover()
    let worst = 0
    const first = () => page.getByRole('log').locator('article').first().innerText()
    const began = await first()
    for (let i = 0; i < 60; i++) {
      const before = await spent()
      await page.mouse.wheel(0, -1500)
      await twoFrames(page)
      worst = Math.max(worst, await spent() - before)
    }
    await stage.until(async () => (await first()) !== began)
    console.log(`     worst step of scrolling: ${worst.toFixed(0)} ms; articles: ${await page.getByRole('log').locator('article').count()}`)
    assert.ok(worst <= STALL, `${worst.toFixed(0)} ms`)
  })
}
