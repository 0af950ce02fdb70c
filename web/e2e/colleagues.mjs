// Two employees at once: joining, a chat that one of them takes, a chat that is handed on.
import assert from 'node:assert/strict'
import { desk, row, tab } from './stage/desk.mjs'

export const name = 'colleagues'

export async function run(stage) {
  const { check, need, shot } = stage
  const company = await stage.company()
  const bot = await company.telegram()
  const { owner } = company
  const colleague = { name: 'Антон Белов', email: `anton-${Date.now()}@example.ru`, password: 'doors and windows 1' }
  const one = await desk(stage, owner)
  const two = await stage.person()

  await need('a colleague is invited and joins by the link', async () => {
    const cabinet = await one.context.newPage()
    await cabinet.goto('/cabinet/people')
    await cabinet.getByRole('button', { name: 'Пригласить сотрудника' }).click()
    await cabinet.getByLabel('Электронная почта').fill(colleague.email)
    await cabinet.getByRole('button', { name: 'Создать приглашение' }).click()
    const link = await cabinet.locator('[data-invite-link]').inputValue()
    await shot(cabinet, 'invite')
    await cabinet.close()
    await two.page.goto(link)
    await two.page.getByLabel('Ваше имя').fill(colleague.name)
    await two.page.getByLabel('Пароль').fill(colleague.password)
    await shot(two.page, 'join')
    await two.page.getByRole('button', { name: 'Присоединиться' }).click()
    await two.page.waitForURL('**/desk**')
    await two.page.getByRole('button', { name: 'Выйти на линию' }).click()
  })

  await need('OW-2: what one takes leaves the other’s Новые within a second', async () => {
    const buyer = await bot.customer('Екатерина')
    await buyer.say('Когда приедет заказ 48213?')
    for (const { page } of [one, two]) await row(page, '48213').click()
    await two.page.getByRole('button', { name: 'Взять в работу' }).click()
    await two.page.waitForURL('**/in_work/**')
    const began = Date.now()
    await row(one.page, '48213').waitFor({ state: 'detached', timeout: 1000 })
    assert.ok(Date.now() - began < 1000)
    await one.page.getByText(`ведёт ${colleague.name}`).first().waitFor()
    await shot(one.page, 'taken-by-colleague')
  })

  await check('CV-8: a chat is transferred to a colleague', async () => {
    await two.page.getByRole('button', { name: 'Передать' }).click()
    await shot(two.page, 'transfer')
    await two.page.getByRole('menuitem', { name: new RegExp(owner.name) }).click()
    await two.page.getByText(`Чат передан: ${owner.name}`).first().waitFor()
    await tab(one.page, 'В работе').click()
    await row(one.page, '48213').waitFor()
  })
}
