// The browser that the tests drive: the machine's own Chromium.
import { mkdirSync } from 'node:fs'
import { chromium } from 'playwright-core'

export const site = process.env.BESEDA_WEB ?? 'http://127.0.0.1:5180'
export const backend = process.env.BESEDA_URL ?? 'http://127.0.0.1:8181'
export const shots = process.env.BESEDA_SHOTS ?? '/tmp/beseda-shots'
mkdirSync(shots, { recursive: true })

export async function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  })
}

/** A person with a browser of their own. Faults of the page's scripts and policy are remembered. */
export async function person(browser, options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1600, height: 960 },
    locale: 'ru-RU',
    timezoneId: 'Europe/Moscow',
    colorScheme: 'light',
    reducedMotion: 'reduce',
    ...options,
  })
  context.setDefaultTimeout(6000)
  const page = await context.newPage()
  const faults = []
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) faults.push(message.text())
  })
  return { context, page, faults }
}

/** The widget's frame on a page that has it; its shadow root is closed, so no selector goes in. */
export async function widget(page) {
  await page.click('#open')
  for (;;) {
    const frame = page.frames().find((one) => one.url().includes('/frame.html'))
    if (frame) {
      await frame.waitForSelector('textarea')
      return {
        frame,
        say: async (text) => {
          await frame.fill('textarea', text)
          await frame.press('textarea', 'Enter')
          await frame.locator('#lines').getByText(text).waitFor()
        },
      }
    }
    await page.waitForEvent('frameattached', { timeout: 10_000 }).catch(() => {})
  }
}
