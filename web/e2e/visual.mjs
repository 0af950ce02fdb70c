// Pictures of screens against those that are kept in baselines/. They hold for one major version of
// Chromium: another one draws letters otherwise, and then nothing is compared.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { baselines, keep, same } from './stage/compare.mjs'
import { furnished, NOW } from './stage/furnished.mjs'
import { inside, outside } from './stage/screens.mjs'
import { watched } from './stage/settle.mjs'

export const name = 'visual'

const SIZES = [[1600, 960], [1280, 800], [420, 800]]
const ago = (minutes) => new Date(NOW - minutes * 60_000).toISOString()

/** The board's figures of a day that does not pass. */
async function stillBoard(page) {
  await page.route('**/api/v1/board', async (route) => {
    const told = await (await route.fetch()).json()
    Object.assign(told, { at: ago(0), in_work: 2 })
    told.waiting = { count: 5, oldest_since: ago(14) }
    Object.assign(told.today, { new: 7, closed: 1, missed: 0, messages_in: 11, messages_out: 4 })
    told.today.first_answer = { median_s: 96, p90_s: 410 }
    told.hours = told.hours.map((one, hour) => ({ ...one, new: hour > 8 && hour < 13 ? hour - 6 : 0, closed: hour === 11 ? 3 : 0 }))
    for (const one of told.employees) one.presence_at = ago(90)
    await route.fulfill({ json: told })
  })
}

export async function run(stage) {
  const major = stage.browser.version().split('.')[0]
  const folder = join(baselines, `chromium-${major}`)
  if (stage.update) {
    rmSync(baselines, { recursive: true, force: true })
  } else if (!existsSync(folder)) {
    const kept = existsSync(baselines) ? readdirSync(baselines).join(', ') : 'none'
    console.log(`SKIPPED visual: baselines are of ${kept}, this is chromium-${major}; \`npm run baselines\` makes new ones.`)
    return
  }
  let f
  await stage.need('a company that is the same at each run', async () => {
    f = await furnished(stage)
  })
  const looks = [
    { theme: 'light', screens: outside, pick: (screen) => screen.looked },
    { theme: 'light', screens: inside, as: f.owner, pick: (screen) => screen.looked },
    { theme: 'dark', screens: inside, as: f.owner, pick: (screen) => screen.looked === 'dark too' },
  ]
  for (const { theme, screens, as, pick } of looks) {
    const { page, context } = await stage.person({ as, theme })
    await page.clock.setFixedTime(NOW)
    await stillBoard(page)
    const settled = watched(page)
    for (const screen of screens.filter(pick)) {
      for (const [width, height] of theme === 'dark' ? SIZES.slice(0, 1) : SIZES) {
        const picture = `${screen.name}-${theme}-${width}`
        await stage.check(picture, async () => {
          await page.setViewportSize({ width, height })
          await page.mouse.move(0, 0)
          await page.goto('about:blank')
          await page.goto(screen.path(f))
          await settled()
          await screen.act?.(page)
          await settled()
          const bytes = await page.screenshot({ animations: 'disabled', caret: 'hide' })
          const file = join(folder, `${picture}.png`)
          if (stage.update) keep(file, bytes)
          else same(file, bytes, picture)
        })
      }
    }
    await context.close()
  }
}
