// What is done with messages that are there already, both ways, through a messenger (CV-6).
import assert from 'node:assert/strict'

export const name = 'changes'

export async function run(stage) {
  const { check, need, axe, shot, until } = stage
  const company = await stage.company()
  await company.owner.online()
  const bot = await company.telegram('Двери Град в Telegram')
  const buyer = await bot.customer('Инна Орлова')
  await buyer.say('Когда привезёте двери?')
  const { conversation_id } = await company.conversation('привезёте')
  await company.api.post(`/conversations/${conversation_id}/take`)
  const { page, wear } = await stage.person({ as: company.owner })
  const phone = async () => (await buyer.shown()).messages
  const onPhone = (what, is) => until(async () => (await phone()).find(is), { what })
  const bubble = (text) => page.locator('article', { hasText: text })
  const beside = (text) => bubble(text).locator('xpath=..')
  const composer = page.locator('[data-composer]')

  await need('an answer reaches the phone', async () => {
    await page.goto(`/desk/in_work/${conversation_id}`)
    await composer.fill('Привезём в суботу')
    await composer.press('Enter')
    await onPhone('the answer', (one) => one.text === 'Привезём в суботу')
    await bubble('в суботу').getByRole('img', { name: /Отправлено|Доставлено/ }).waitFor()
  })

  await check('CV-6: Up changes the last answer; Esc leaves it; the customer reads the new words', async () => {
    const editor = page.locator('[data-message-editor]')
    await until(async () => {
      await composer.press('ArrowUp')
      return editor.isVisible()
    }, { what: 'the field of the change' })
    await editor.press('Escape')
    await editor.waitFor({ state: 'detached' })
    await page.locator('[data-composer]:focus').waitFor()
    await composer.press('ArrowUp')
    await editor.fill('Привезём в субботу')
    await shot(page, 'editor')
    await axe(page, 'the field of the change')
    await editor.press('Enter')
    await onPhone('the change', (one) => one.text === 'Привезём в субботу' && one.edited)
    await bubble('в субботу').getByText('изменено').waitFor()
    assert.equal((await phone()).filter((one) => one.direction === 'from_bot').length, 1)
  })

  await check('CV-6: emoji of both sides stand under the message, and ours is taken away', async () => {
    const asked = (await phone()).find((one) => one.direction === 'from_customer')
    await bubble('привезёте').hover()
    await beside('привезёте').locator('[data-react]').click()
    await page.getByRole('menuitem').first().waitFor()
    await axe(page, 'the choice of emoji')
    await shot(page, 'picker')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    const put = await onPhone('our emoji', (one) => one.message_id === asked.message_id && one.bot_reaction)
    const ours = bubble('привезёте').getByRole('button', { name: /Реакция: Марина/ })
    await ours.getByText(put.bot_reaction).waitFor()
    const answer = (await phone()).find((one) => one.direction === 'from_bot')
    await buyer.do('react', { message_id: answer.message_id, text: '👍' })
    await bubble('в субботу').getByText('👍').waitFor()
    await shot(page, 'reactions')
    await until(() => ours.isEnabled(), { what: 'our emoji is there' })
    await ours.click()
    await onPhone('no emoji of ours', (one) => one.message_id === asked.message_id && !one.bot_reaction)
    await ours.waitFor({ state: 'detached' })
  })

  await check('the conversation is accessible in both themes and languages', async () => {
    await axe(page, 'the conversation')
    await wear('dark', 'en')
    await bubble('в субботу').getByText('edited').waitFor()
    await axe(page, 'the conversation, dark, in English')
    await wear('light', 'ru')
  })

  await check('CV-6: on a narrow screen what is being changed fits', async () => {
    await page.setViewportSize({ width: 420, height: 800 })
    await composer.press('ArrowUp')
    const editor = page.locator('[data-message-editor]')
    await editor.waitFor()
    const { x, width } = await editor.boundingBox()
    assert.ok(x >= 0 && x + width <= 420, `${x} and ${width} wide`)
    await shot(page, 'narrow')
    await editor.press('Escape')
    await page.setViewportSize({ width: 1600, height: 960 })
  })

  await check('CV-6: an answer is taken back for both sides, and stays here with a mark', async () => {
    await bubble('в субботу').hover()
    await beside('в субботу').locator('[data-message-more]').click()
    await page.getByRole('menuitem', { name: 'Удалить у всех' }).click()
    await axe(page, 'the question before it is taken back')
    await page.getByRole('dialog').getByRole('button', { name: 'Удалить у всех' }).click()
    await until(async () => !(await phone()).some((one) => one.direction === 'from_bot'), { what: 'the answer is gone from the phone' })
    await bubble('в субботу').getByText('удалено у клиента').waitFor()
    assert.equal(await beside('в субботу').locator('[data-message-more]').count(), 0)
    await shot(page, 'taken-back')
  })

  await check('CV-6: what the customer changes and what the desk cannot change any more', async () => {
    const asked = (await phone()).find((one) => one.direction === 'from_customer')
    await buyer.do('edit', { message_id: asked.message_id, text: 'Когда привезёте обе двери?' })
    await bubble('обе двери').getByText('изменено').waitFor()
    await composer.press('ArrowUp')
    assert.equal(await page.locator('[data-message-editor]').count(), 0)
  })
}
