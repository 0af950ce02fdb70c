// One conversation at the desk: typing, drafts, notes, files, and an outbox that loses nothing.
import assert from 'node:assert/strict'
import { arrived, bubble, composer, desk, row } from './stage/desk.mjs'

export const name = 'answering'

export async function run(stage) {
  const { check, need, shot } = stage
  const company = await stage.company()
  const site = await company.site()
  const { owner } = company
  const { page, context } = await desk(stage, owner)
  const chat = await stage.visitor(site)

  await need('a visitor writes, the operator answers', async () => {
    await chat.say('Есть в наличии 80×200?')
    await row(page, '80×200').click()
    await composer(page).fill('Да, есть на складе.')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/desk/in_work/**')
    await chat.frame.getByText('есть на складе').waitFor()
    await arrived(bubble(page, 'есть на складе')).waitFor()
  })

  await check('the visitor sees who types, and the operator too', async () => {
    await composer(page).pressSequentially('Коробка входит в цену', { delay: 150 })
    await chat.frame.locator('#typing').waitFor({ state: 'visible', timeout: 5000 })
    await chat.frame.locator('textarea').pressSequentially('Отлично', { delay: 30 })
    await page.getByText('печатает…').first().waitFor({ timeout: 5000 })
    await chat.frame.locator('textarea').fill('')
  })

  await check('a draft survives another chat, a reload and another browser', async () => {
    await composer(page).fill('Коробка')
    await page.goto('/desk/in_work')
    await row(page, 'Черновик: Коробка').waitFor()
    await page.reload()
    await row(page, 'Черновик: Коробка').click()
    assert.equal(await composer(page).inputValue(), 'Коробка')
    const other = await stage.person({ as: owner })
    await other.page.goto('/desk/in_work')
    await row(other.page, 'Черновик: Коробка').click()
    await stage.until(async () => (await composer(other.page).inputValue()) === 'Коробка')
    await other.context.close()
    await composer(page).fill('')
  })

  await check('CV-8: a note stays here, and the customer never sees it', async () => {
    await page.keyboard.press('Control+Shift+KeyM')
    await composer(page).fill('Она уже брала у нас две двери, можно дать скидку 7 %.')
    await shot(page, 'note-mode')
    await page.keyboard.press('Enter')
    await bubble(page, 'скидку 7 %').getByText('Заметка для команды').waitFor()
    await page.keyboard.press('Control+Shift+KeyM')
    assert.equal(await chat.frame.getByText('скидку').count(), 0)
  })

  await check('a file is pasted, sent, and comes as a picture', async () => {
    await composer(page).fill('Вот как она выглядит')
    await page.evaluate(() => {
      const png = 'iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR42mNk+M9QzzCKBgUAAPUJAf8qzOFTAAAAAElFTkSuQmCC'
      const data = new DataTransfer()
      data.items.add(new File([Uint8Array.from(atob(png), (c) => c.charCodeAt(0))], 'turin.png', { type: 'image/png' }))
      document
        .querySelector('[data-composer]')
        .dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
    })
    await page.getByText('turin.png').first().waitFor()
    await page.keyboard.press('Enter')
    await bubble(page, 'Вот как она выглядит').locator('img').first().waitFor()
    await chat.frame.getByText('Вот как она выглядит').waitFor()
  })

  await check('without a network twenty messages wait, survive a reload, and go out in order once', async () => {
    await context.setOffline(true)
    await page.evaluate(() => dispatchEvent(new Event('offline')))
    for (let i = 1; i <= 20; i++) {
      await composer(page).fill(`Строка ${String(i).padStart(2, '0')}`)
      await page.keyboard.press('Enter')
    }
    await bubble(page, 'Строка 20').waitFor()
    assert.equal(await chat.frame.getByText('Строка').count(), 0)
    await context.setOffline(false)
    await page.reload()
    await chat.frame.getByText('Строка 20').waitFor({ timeout: 20_000 })
    const got = (await chat.frame.locator('body').innerText()).match(/Строка \d\d/g)
    assert.deepEqual(got, Array.from({ length: 20 }, (_, i) => `Строка ${String(i + 1).padStart(2, '0')}`))
    await arrived(bubble(page, 'Строка 20')).waitFor()
    assert.equal(await bubble(page, 'Строка 07').count(), 1)
  })

  await check('hostile text runs nothing', async () => {
    await chat.say('<img src=x onerror="window.pwned=1"><script>window.pwned=1</script> javascript:alert(1)')
    await page.getByRole('log').getByText('onerror').waitFor()
    assert.equal(await page.evaluate(() => window.pwned), undefined)
    assert.equal(await page.locator('a[href^="javascript"]').count(), 0)
  })
}
