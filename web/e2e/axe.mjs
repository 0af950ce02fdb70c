// Every screen by the rules of accessibility: both languages, light and dark.
import { furnished } from './stage/furnished.mjs'
import { inside, outside } from './stage/screens.mjs'
import { watched } from './stage/settle.mjs'

export const name = 'axe'

async function look(stage, f, screens, options) {
  const { page, context } = await stage.person(options)
  const settled = watched(page)
  for (const screen of screens) {
    await stage.check(`${screen.name}, ${options.language}, light and dark`, async () => {
      await page.emulateMedia({ colorScheme: 'light' })
      await page.goto(screen.path(f))
      await settled()
      await screen.act?.(page)
      await settled()
      await stage.axe(page, `${screen.name}, light`)
      await page.emulateMedia({ colorScheme: 'dark' })
      // The theme changes colours alone.
      await stage.axe(page, `${screen.name}, dark`, ['color-contrast'])
    })
  }
  await context.close()
}

export async function run(stage) {
  let f
  await stage.need('a company has something on every screen', async () => {
    f = await furnished(stage)
  })
  for (const language of ['ru', 'en']) {
    await look(stage, f, outside, { language })
    await look(stage, f, inside, { language, as: f.owner })
  }
}
