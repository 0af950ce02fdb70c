// The browser that the tests drive: the machine's own Chromium.
import { chromium } from 'playwright-core'

export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking',
      '--disable-component-update', '--font-render-hinting=none', '--hide-scrollbars',
    ],
  })

/** A person with a browser of their own. Faults of the page's scripts and policy are remembered. */
export async function openPerson(browser, base, { as, language = 'ru', theme = 'light', width = 1600, height = 960, ...options } = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    locale: language === 'ru' ? 'ru-RU' : 'en-GB',
    timezoneId: 'Europe/Moscow',
    colorScheme: theme,
    reducedMotion: 'reduce',
    baseURL: base,
    ...options,
  })
  context.setDefaultTimeout(10_000)
  const faults = []
  context.on('weberror', (error) => faults.push(String(error.error())))
  context.on('console', (message) => {
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) faults.push(message.text())
  })
  await context.addInitScript((language) => {
    // A sandboxed frame has no storage.
    if (self.origin === 'null') return
    if (!localStorage.getItem('beseda.language')) localStorage.setItem('beseda.language', language)
  }, language)
  const logIn = (employee) =>
    context.addCookies([{ name: 'beseda_session', value: employee.api.cookie, url: base, httpOnly: true }])
  if (as) await logIn(as)
  const page = await context.newPage()
  return {
    context,
    page,
    faults,
    logIn,
    /** Changes theme and language of what is open, as a person's choice would. */
    async wear(theme, language) {
      await page.emulateMedia({ colorScheme: theme })
      const now = await page.evaluate(() => localStorage.getItem('beseda.language'))
      if (!language || now === language) return
      await page.evaluate((language) => localStorage.setItem('beseda.language', language), language)
      await page.reload()
    },
  }
}

/** Opens the widget on a page that has it; its shadow root is closed, so no selector goes in. */
export async function openWidget(page) {
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
