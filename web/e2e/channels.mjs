// The life of a channel in the cabinet.
import assert from 'node:assert/strict'

export const name = 'channels'

export async function run(stage) {
  const { check, shot } = stage
  const company = await stage.company()
  await company.site()
  const { page } = await stage.person({ as: company.owner })

  await check('CH-2: a channel is renamed, switched off and deleted', async () => {
    await page.goto('/cabinet/channels')
    await page.getByRole('link', { name: /dveri-grad/ }).click()
    await page.getByLabel(/Название канала/).fill('Сайт')
    await page.getByRole('button', { name: 'Сохранить' }).first().click()
    await page.getByRole('heading', { name: 'Сайт', exact: true }).waitFor()
    await shot(page, 'settings')
    await page.reload()
    assert.equal(await page.getByLabel(/Название канала/).inputValue(), 'Сайт')
    await page.getByRole('link', { name: 'Опасная зона' }).click()
    await page.getByRole('button', { name: 'Выключить' }).click()
    await page.getByText('выключен', { exact: true }).first().waitFor()
    await page.getByRole('button', { name: 'Включить' }).click()
    await page.getByText('работает', { exact: true }).first().waitFor()
    await page.getByRole('button', { name: 'Удалить канал' }).click()
    await page.getByRole('dialog').getByRole('textbox').fill('Сайт')
    await page.getByRole('dialog').getByRole('button', { name: 'Удалить канал' }).click()
    await page.waitForURL('**/cabinet/channels')
    await page.getByRole('link', { name: /Telegram-бот/ }).waitFor()
  })
}
