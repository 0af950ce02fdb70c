// From nothing to the first message answered, as a person walks it who has just started Beseda.
import assert from 'node:assert/strict'
import { arrived, bubble, composer, row, tab } from './stage/desk.mjs'

export const name = 'newcomer'

export async function run(stage) {
  const { check, need, shot } = stage
  const one = await stage.person()
  const { page } = one
  const owner = { name: 'Марина Кравцова', email: `marina-${Date.now()}@example.ru`, password: 'doors and windows 1' }
  let site
  let chat

  await need('a newcomer signs up and sees the first steps', async () => {
    await page.goto('/')
    await page.waitForURL('**/login')
    await page.getByRole('link', { name: 'Создать' }).click()
    await page.getByLabel('Название компании').fill('Двери Град')
    await page.getByLabel('Ваше имя').fill(owner.name)
    await page.getByLabel('Электронная почта').fill('не почта')
    await page.getByLabel('Пароль').fill(owner.password)
    await page.getByRole('button', { name: 'Создать компанию' }).click()
    await page.getByLabel('Электронная почта').and(page.locator('[aria-invalid=true]')).waitFor()
    await page.getByLabel('Электронная почта').fill(owner.email)
    await shot(page, 'sign-up')
    await page.getByRole('button', { name: 'Создать компанию' }).click()
    await page.getByRole('heading', { name: 'Первые шаги' }).waitFor()
    await shot(page, 'first-steps')
  })

  await check('CH-5: a bad token of a bot is refused in words at its field', async () => {
    await page.getByRole('link', { name: /Подключите канал/ }).click()
    await page.getByRole('link', { name: /Telegram-бот/ }).click()
    await page.getByLabel(/Токен бота/).fill('nonsense')
    await page.getByRole('button', { name: 'Подключить' }).click()
    await page.locator('[aria-invalid=true]').waitFor()
    await shot(page, 'bad-token')
  })

  await need('CH-2: a site chat is connected from the catalogue', async () => {
    await page.goto('/cabinet/channels/new/widget')
    await page.getByLabel(/Название канала/).fill('Сайт dveri-grad.ru')
    await page.getByRole('button', { name: 'Подключить' }).click()
    await page.getByText('Ждём первое сообщение').waitFor()
    await page.getByText('работает', { exact: true }).first().waitFor()
    const path = await page.getByRole('link', { name: 'Открыть проверочную страницу' }).getAttribute('href')
    site = { page: new URL(path, stage.base).href }
    await shot(page, 'channel-waits')
  })

  await check('the owner goes on line at the desk', async () => {
    const desk = await one.context.newPage()
    await desk.goto('/desk')
    await desk.getByRole('button', { name: 'Выйти на линию' }).click()
    await desk.getByRole('button', { name: 'Выйти на линию' }).waitFor({ state: 'detached' })
    await desk.close()
  })

  await need('OW-2: the first message appears in the cabinet live, and in the desk', async () => {
    chat = await stage.visitor(site, { query: '?utm_source=yandex&utm_campaign=doors' })
    await chat.say('Здравствуйте! Увидела у вас дверь «Турин» в белой эмали. Есть в наличии 80×200?')
    await page.getByText('Первое сообщение пришло').waitFor({ timeout: 5000 })
    await shot(page, 'first-message')
    await page.getByRole('link', { name: 'Открыть в чатах' }).click()
    await page.getByRole('log').getByText('Увидела у вас дверь').waitFor()
    await row(page, 'Увидела у вас дверь').waitFor()
    assert.match(await tab(page, 'Новые').innerText(), /1/)
  })

  await check('OW-3: an answer by Enter takes the chat, is sent, and the customer reads it', async () => {
    await composer(page).fill('Добрый день! Да, «Турин» 80×200 есть на складе.')
    await page.keyboard.press('Enter')
    await page.getByText(`Чат взят в работу: ${owner.name}`).first().waitFor()
    await page.waitForURL('**/desk/in_work/**')
    await chat.frame.getByText('есть на складе').waitFor()
    await arrived(bubble(page, 'есть на складе')).waitFor()
    assert.equal(await composer(page).inputValue(), '')
    await shot(page, 'answered')
  })

  await check('log-out forgets; a wrong password is told in words', async () => {
    await page.goto('/desk')
    await page.getByRole('button', { name: /Меню$/ }).click()
    await page.getByRole('menuitem', { name: 'Выйти' }).click()
    await page.waitForURL('**/login')
    await page.getByLabel('Электронная почта').fill(owner.email)
    await page.getByLabel('Пароль').fill('not this one')
    await page.getByRole('button', { name: 'Войти' }).click()
    await page.getByRole('alert').waitFor()
    await page.getByLabel('Пароль').fill(owner.password)
    await page.getByRole('button', { name: 'Войти' }).click()
    await page.waitForURL('**/desk**')
  })
}
