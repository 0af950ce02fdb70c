// Whether a customer's phone can be written to (WA-1): by hand, by keys, for a colleague who looks on.
import assert from 'node:assert/strict'
import { desk, row } from './stage/desk.mjs'

export const name = 'numbers'

const THERE = '+79264410832'
/** The demo channel knows nobody whose number ends so. */
const NOBODY = '+79264410830'

export async function run(stage) {
  const { check, need, shot, until, axe } = stage
  const company = await stage.company()
  const site = await company.site()
  const { owner } = company
  const demo = await owner.api.post('/channels', { kind: 'demo', name: 'WhatsApp магазина', settings: { greets: false } })
  await until(async () => (await owner.api.get(`/channels/${demo.channel_id}`)).state === 'connected', { what: 'the channel is connected' })
  const { page } = await desk(stage, owner)
  const line = (where, phone) => where.locator('aside li', { hasText: phone }).locator('[data-number]')

  await need('a customer with two phones', async () => {
    const chat = await stage.visitor(site)
    await chat.say('Перезвоните мне')
    const { conversation_id, contact_id } = await company.conversation('Перезвоните')
    await owner.api.post(`/conversations/${conversation_id}/take`)
    for (const phone of [THERE, NOBODY]) await owner.api.post(`/contacts/${contact_id}/phones`, { phone })
    await page.goto('/desk/in_work')
    await row(page, 'Перезвоните').click()
    await page.locator('[data-number=not_checked]').nth(1).waitFor()
  })

  await check('WA-1: a click checks, and the answer shows by itself to a colleague too', async () => {
    const other = await stage.person({ as: owner })
    await other.page.goto(page.url())
    const seen = line(other.page, '08-32')
    await seen.waitFor()
    await line(page, '08-32').getByRole('button', { name: /^Проверить: / }).click()
    for (const where of [page, other.page]) {
      await line(where, '08-32').and(where.locator('[data-number=exists]')).waitFor()
      assert.equal(await line(where, '08-32').getByRole('status').innerText(), 'WhatsApp магазина: номер есть')
    }
    await other.context.close()
  })

  await check('WA-1: by keys', async () => {
    await line(page, '08-30').getByRole('button').focus()
    await page.keyboard.press('Enter')
    await line(page, '08-30').and(page.locator('[data-number=does_not_exist]')).waitFor()
    await line(page, '08-30').getByRole('button', { name: /^Проверить снова: / }).waitFor()
    await shot(page, 'numbers')
  })

  await check('the card is accessible', () => axe(page, 'the card'))

  await check('a removed channel takes its answers along', async () => {
    await owner.api.delete(`/channels/${demo.channel_id}`)
    await page.reload()
    await page.locator('aside').getByText('+7 926 441-08-32').first().waitFor()
    assert.equal(await page.locator('[data-number]').count(), 0)
  })
}
