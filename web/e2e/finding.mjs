// The contact's card, the search, and work by keys alone on a Russian layout.
import assert from 'node:assert/strict'
import { blur, desk, press, row } from './stage/desk.mjs'

export const name = 'finding'

export async function run(stage) {
  const { check, need, shot } = stage
  const company = await stage.company()
  const site = await company.site()
  const bot = await company.telegram()
  const { owner } = company
  const { page } = await desk(stage, owner)

  await need('two conversations are in work', async () => {
    const chat = await stage.visitor(site, { query: '?utm_source=yandex&utm_campaign=doors' })
    await chat.say('Увидела у вас дверь «Турин» в белой эмали.')
    const buyer = await bot.customer('Олег')
    await buyer.say('Когда приедет заказ 48213?')
    for (const text of ['белой эмали', '48213']) {
      const { conversation_id } = await company.conversation(text)
      await owner.api.post(`/conversations/${conversation_id}/take`)
    }
    await page.goto('/desk/in_work')
    await row(page, 'белой эмали').click()
    await page.getByRole('log').getByText('белой эмали').waitFor()
  })

  await need('CV-9: the card: name, phone, e-mail, tags, source', async () => {
    const card = page.locator('aside')
    await page.getByRole('button', { name: 'Изменить имя' }).click()
    await page.getByLabel('Имя клиента').fill('Екатерина Мельникова')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Екатерина Мельникова' }).first().waitFor()
    await row(page, 'Екатерина Мельникова').waitFor()
    for (const value of ['8 (926) 441-08-32', 'e.melnikova@mail.ru']) {
      await page.getByRole('button', { name: 'Телефон или почта' }).click()
      await page.getByRole('textbox', { name: 'Телефон или почта' }).fill(value)
      await page.keyboard.press('Enter')
    }
    await card.getByText('+7 926 441-08-32').first().waitFor()
    await card.getByText('e.melnikova@mail.ru').first().waitFor()
    await card.getByRole('button', { name: 'Тег' }).first().click()
    await card.getByRole('combobox', { name: 'Тег' }).fill('VIP')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Снять тег VIP' }).waitFor()
    await card.getByText('doors').first().waitFor()
    await shot(page, 'card')
  })

  await check('search finds a phone in any form and words of messages', async () => {
    await blur(page)
    await page.keyboard.press('Slash')
    await page.keyboard.type('8 926 441 08 32')
    await page.getByRole('heading', { name: 'Клиенты' }).waitFor()
    await page.getByText('Екатерина Мельникова').first().waitFor()
    await page.locator('[data-search]').fill('белой эмали')
    await page.getByRole('heading', { name: 'Сообщения', exact: true }).waitFor()
    await page.locator('mark').first().waitFor()
    await shot(page, 'search')
    await page.locator('[data-search]').fill('')
    await page.locator('[data-search]').blur()
  })

  await check('keys alone, on a Russian layout: step, answer, close with undo', async () => {
    await page.goto('/desk/in_work')
    await row(page, 'Екатерина Мельникова').waitFor()
    await press(page, 'KeyJ', 'о')
    await page.waitForURL('**/in_work/cnv_**')
    await blur(page)
    await press(page, 'KeyJ', 'о')
    await blur(page)
    await press(page, 'KeyR', 'к')
    assert.ok(await page.evaluate(() => document.activeElement?.matches('[data-composer]')))
    await blur(page)
    const before = await page.locator('[data-row]').count()
    await press(page, 'KeyE', 'У', { shiftKey: true })
    await page.getByText('Чат завершён').first().waitFor()
    assert.equal(await page.locator('[data-row]').count(), before - 1)
    await page.getByRole('button', { name: 'Отменить' }).click()
    await page.waitForFunction((n) => document.querySelectorAll('[data-row]').length === n, before)
    await blur(page)
    await press(page, 'Slash', ',', { shiftKey: true })
    await page.getByRole('dialog').waitFor()
    await shot(page, 'keys')
    await page.keyboard.press('Escape')
  })

  await check('narrow widths: the card is a drawer, then one pane at a time', async () => {
    await row(page, 'Екатерина Мельникова').click()
    await page.getByRole('log').getByText('белой эмали').waitFor()
    await page.setViewportSize({ width: 1000, height: 800 })
    await page.reload()
    await page.getByRole('log').getByText('белой эмали').waitFor()
    await page.getByRole('button', { name: 'Показать карточку' }).click()
    await shot(page, '1000-card')
    await page.getByRole('button', { name: 'Скрыть карточку' }).last().click()
    await page.setViewportSize({ width: 420, height: 800 })
    await shot(page, '420')
    await page.getByRole('button', { name: 'Назад' }).click()
    await row(page, 'Екатерина Мельникова').waitFor()
    await shot(page, '420-list')
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth))
  })
}
