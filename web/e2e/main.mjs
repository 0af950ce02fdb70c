// The main path in a real browser against a running server: from signing up to the first message
// answered, two operators at once, an outbox that survives, keys on a Russian layout, narrow widths.
// Needs a server (BESEDA_URL) and our pages (BESEDA_WEB: `vite preview`, or the server itself).
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { launch, person, shots, site, widget } from './browser.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const run = Date.now().toString(36)
const password = `pass-${run}-word`
const owner = { name: 'Марина Кравцова', email: `marina-${run}@example.ru` }
const colleague = { name: 'Антон Белов', email: `anton-${run}@example.ru` }

const browser = await launch()
const people = []
let passed = 0
let failed = 0

/** Steps stand on those before them: after a fault of the path the rest says nothing. */
async function step(what, act) {
  if (failed) return
  const began = Date.now()
  try {
    await act()
    passed++
    console.log(`ok   ${what} (${Date.now() - began} ms)`)
  } catch (error) {
    failed++
    console.log(`FAIL ${what}\n     ${String(error?.stack ?? error).split('\n').slice(0, 12).join('\n     ')}`)
    for (const [index, { page }] of people.entries()) {
      await page.screenshot({ path: `${shots}/failed-${failed}-${index}.png` }).catch(() => {})
    }
  }
}

async function newPerson(options) {
  const one = await person(browser, options)
  people.push(one)
  return one
}

const shot = (page, name) => page.screenshot({ path: `${shots}/${name}.png` })
const row = (page, text) => page.locator('[data-row]', { hasText: text })
const tab = (page, name) => page.getByRole('tab', { name: new RegExp(`^${name}`) })

/** No fault by the rules of WCAG A and AA and axe's own practices. */
async function accessible(page, what) {
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }),
  )
  const told = violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(' | ')}`)
  assert.deepEqual(told, [], what)
}

const one = await newPerson()
const page = one.page
let code = ''

await step('a newcomer signs up and sees the first steps', async () => {
  await page.goto(site)
  await page.waitForURL('**/login')
  await accessible(page, 'log-in')
  await page.getByRole('link', { name: 'Создать' }).click()
  await page.getByLabel('Название компании').fill(`Двери ${run}`)
  await page.getByLabel('Ваше имя').fill(owner.name)
  await page.getByLabel('Электронная почта').fill(owner.email)
  await page.getByLabel('Пароль').fill('short')
  await page.getByLabel('Пароль').fill(password)
  await shot(page, 'sign-up')
  await page.getByRole('button', { name: 'Создать компанию' }).click()
  await page.getByRole('heading', { name: 'Первые шаги' }).waitFor()
  await shot(page, 'first-steps')
  await accessible(page, 'overview')
})

await step('a bad token of a bot is refused in words at its field', async () => {
  await page.getByRole('link', { name: /Подключите канал/ }).click()
  await page.getByRole('link', { name: /Telegram-бот/ }).waitFor()
  await shot(page, 'catalogue')
  await accessible(page, 'catalogue')
  await page.getByRole('link', { name: /Telegram-бот/ }).click()
  await page.getByLabel(/Токен бота/).fill('nonsense')
  await page.getByRole('button', { name: 'Подключить' }).click()
  await page.locator('[aria-invalid=true]').waitFor()
  await shot(page, 'bad-token')
})

await step('a site chat is connected from the catalogue', async () => {
  await page.goto(`${site}/cabinet/channels/new/widget`)
  await page.getByLabel(/Название канала/).fill('Сайт dveri-grad.ru')
  await page.getByRole('button', { name: 'Подключить' }).click()
  await page.getByText('Ждём первое сообщение').waitFor()
  await page.getByText('работает', { exact: true }).waitFor()
  code = await page.getByRole('link', { name: 'Открыть проверочную страницу' }).getAttribute('href')
  await shot(page, 'channel-waits')
  await accessible(page, 'channel')
})

const visitor = await newPerson()
let chat

await step('the owner goes on line at the desk', async () => {
  const desk = await one.context.newPage()
  await desk.goto(`${site}/desk`)
  await desk.getByRole('button', { name: 'Выйти на линию' }).click()
  await desk.getByRole('button', { name: 'Выйти на линию' }).waitFor({ state: 'detached' })
  await desk.close()
})

await step('the first message appears in the cabinet live, and in the desk', async () => {
  await visitor.page.goto(site + code + '?utm_source=yandex&utm_campaign=doors')
  chat = await widget(visitor.page)
  await chat.say('Здравствуйте! Увидела у вас дверь «Турин» в белой эмали. Есть в наличии 80×200?')
  await page.getByText('Первое сообщение пришло').waitFor({ timeout: 5000 })
  await shot(page, 'first-message')
  await page.getByRole('link', { name: 'Открыть в чатах' }).click()
  await page.getByRole('log').getByText('Увидела у вас дверь').waitFor()
  await row(page, 'Увидела у вас дверь').waitFor()
  assert.match(await tab(page, 'Новые').innerText(), /1/)
})

await step('an answer by Enter takes the chat, is sent, and the customer reads it', async () => {
  await page.locator('[data-composer]').fill('Добрый день! Да, «Турин» 80×200 есть на складе.')
  await page.keyboard.press('Enter')
  await page.getByText(`Чат взят в работу: ${owner.name}`).waitFor()
  await page.waitForURL('**/desk/in_work/**')
  await chat.frame.locator('#lines').getByText('есть на складе').waitFor()
  const bubble = page.locator('article', { hasText: 'есть на складе' })
  await bubble.getByRole('img', { name: /Отправлено|Доставлено|Прочитано/ }).waitFor()
  assert.equal(await page.locator('[data-composer]').inputValue(), '')
})

await step('the visitor sees who types, and the operator too', async () => {
  await page.locator('[data-composer]').pressSequentially('Коробка', { delay: 250 })
  await chat.frame.locator('#typing').waitFor({ state: 'visible', timeout: 5000 })
  await chat.frame.locator('textarea').pressSequentially('Отлично', { delay: 30 })
  await page.locator('header').getByText('печатает…').waitFor({ timeout: 5000 })
})

await step('a draft survives another chat and a reload', async () => {
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  await row(page, 'Черновик: Коробка').waitFor()
  await page.reload()
  await row(page, 'Черновик: Коробка').click()
  assert.equal(await page.locator('[data-composer]').inputValue(), 'Коробка')
})

await step('a note is amber, stays here, and the customer never sees it', async () => {
  await page.keyboard.press('Control+Shift+KeyM')
  await page.locator('[data-composer]').fill('Она уже брала у нас две двери, можно дать скидку 7 %.')
  await shot(page, 'note-mode')
  await page.keyboard.press('Enter')
  await page.locator('article', { hasText: 'скидку 7 %' }).getByText('Заметка для команды').waitFor()
  await page.keyboard.press('Control+Shift+KeyM')
  assert.equal(await chat.frame.locator('#lines').getByText('скидку').count(), 0)
})

await step('a file is pasted, sent, and comes as a picture', async () => {
  await page.locator('[data-composer]').fill('Вот как она выглядит')
  await page.evaluate(() => {
    const bytes = Uint8Array.from(
      atob('iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR42mNk+M9QzzCKBgUAAPUJAf8qzOFTAAAAAElFTkSuQmCC'),
      (c) => c.charCodeAt(0),
    )
    const data = new DataTransfer()
    data.items.add(new File([bytes], 'turin.png', { type: 'image/png' }))
    document
      .querySelector('[data-composer]')
      .dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
  })
  await page.getByText('turin.png').waitFor()
  await page.keyboard.press('Enter')
  const article = page.locator('article', { hasText: 'Вот как она выглядит' })
  await article.getByRole('button', { name: /turin/ }).waitFor()
  await article.locator('img').waitFor()
  await chat.frame.locator('#lines').getByText('Вот как она выглядит').waitFor()
})

await step('without a network twenty messages wait, survive a reload, and go out in order once', async () => {
  await one.context.setOffline(true)
  await page.evaluate(() => dispatchEvent(new Event('offline')))
  for (let i = 1; i <= 20; i++) {
    await page.locator('[data-composer]').fill(`Строка ${String(i).padStart(2, '0')}`)
    await page.keyboard.press('Enter')
  }
  await page.getByText('Строка 20').waitFor()
  assert.equal(await chat.frame.locator('#lines').getByText('Строка').count(), 0)
  await one.context.setOffline(false)
  await page.reload()
  await chat.frame.locator('#lines').getByText('Строка 20').waitFor({ timeout: 20_000 })
  const said = await chat.frame.locator('#lines').innerText()
  const got = said.match(/Строка \d\d/g)
  assert.deepEqual(got, Array.from({ length: 20 }, (_, i) => `Строка ${String(i + 1).padStart(2, '0')}`))
  await page.locator('article', { hasText: 'Строка 20' }).getByRole('img', { name: /Отправлено|Доставлено|Прочитано/ }).waitFor()
  assert.equal(await page.locator('article', { hasText: 'Строка 07' }).count(), 1)
})

await step('hostile text runs nothing', async () => {
  await chat.say('<img src=x onerror="window.pwned=1"><script>window.pwned=1</script> javascript:alert(1)')
  await page.getByRole('log').getByText('onerror').waitFor()
  assert.equal(await page.evaluate(() => window.pwned), undefined)
  assert.equal(await page.locator('a[href^="javascript"]').count(), 0)
})

await step('the card: name, phone, e-mail, tags, source', async () => {
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
  await page.locator('aside').getByText('+7 926 441-08-32').waitFor()
  await page.locator('aside').getByText('e.melnikova@mail.ru').waitFor()
  await page.locator('aside').getByRole('button', { name: 'Тег' }).first().click()
  await page.locator('aside').getByRole('combobox', { name: 'Тег' }).fill('VIP')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Снять тег VIP' }).waitFor()
  await page.locator('aside').getByText('doors').first().waitFor()
})

const two = await newPerson()
await step('a colleague is invited and joins by the link', async () => {
  const cabinet = await one.context.newPage()
  await cabinet.goto(`${site}/cabinet/people`)
  await cabinet.getByRole('button', { name: 'Пригласить сотрудника' }).click()
  await cabinet.getByLabel('Электронная почта').fill(colleague.email)
  await cabinet.getByRole('button', { name: 'Создать приглашение' }).click()
  const link = await cabinet.locator('[data-invite-link]').inputValue()
  await shot(cabinet, 'invite')
  await accessible(cabinet, 'people')
  await cabinet.close()
  await two.page.goto(link)
  await two.page.getByLabel('Ваше имя').fill(colleague.name)
  await two.page.getByLabel('Пароль').fill(password)
  await shot(two.page, 'join')
  await two.page.getByRole('button', { name: 'Присоединиться' }).click()
  await two.page.waitForURL('**/desk**')
  await two.page.getByRole('button', { name: 'Выйти на линию' }).click()
})

await step('two at once: what one takes leaves the other’s Новые within a second', async () => {
  const guest = await newPerson()
  await guest.page.goto(site + code)
  const other = await widget(guest.page)
  await other.say('Когда приедет заказ 48213?')
  await tab(page, 'Новые').click()
  await row(page, '48213').waitFor()
  await row(two.page, '48213').waitFor()
  await row(two.page, '48213').click()
  await row(page, '48213').click()
  await two.page.getByRole('button', { name: 'Взять в работу' }).click()
  await two.page.waitForURL('**/in_work/**')
  const began = Date.now()
  await row(page, '48213').waitFor({ state: 'detached', timeout: 1000 })
  assert.ok(Date.now() - began < 1000)
  await page.locator('header').getByText(`ведёт ${colleague.name}`).waitFor()
  await shot(page, 'taken-by-colleague')
})

await step('a chat is transferred to a colleague', async () => {
  await two.page.getByRole('button', { name: 'Передать' }).click()
  await shot(two.page, 'transfer')
  await two.page.getByRole('menuitem', { name: new RegExp(owner.name) }).click()
  await two.page.getByText(`Чат передан: ${owner.name}`).first().waitFor()
  await tab(page, 'В работе').click()
  await row(page, '48213').waitFor()
})

await step('search finds a phone in any form and words of messages', async () => {
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Slash')
  await page.keyboard.type('8 926 441 08 32')
  await page.getByRole('heading', { name: 'Клиенты' }).waitFor()
  await page.getByText('Екатерина Мельникова').first().waitFor()
  await page.locator('[data-search]').fill('белой эмали')
  await page.getByRole('heading', { name: 'Сообщения', exact: true }).waitFor()
  await page.locator('mark').first().waitFor()
  await shot(page, 'search')
  await accessible(page, 'search')
  await page.locator('[data-search]').fill('')
  await page.locator('[data-search]').blur()
})

await step('keys alone, on a Russian layout: step, open, answer, close with undo', async () => {
  // On ЙЦУКЕН the key beside Caps Lock types another letter; its place is the same.
  const press = (code, key, modifiers = {}) =>
    page.evaluate(
      ([code, key, modifiers]) =>
        (document.activeElement ?? document.body).dispatchEvent(
          new KeyboardEvent('keydown', { code, key, bubbles: true, cancelable: true, ...modifiers }),
        ),
      [code, key, modifiers],
    )
  await page.goto(`${site}/desk/in_work`)
  await row(page, 'Екатерина Мельникова').waitFor()
  await press('KeyJ', 'о')
  await page.waitForURL('**/in_work/cnv_**')
  await page.evaluate(() => document.activeElement?.blur())
  await press('KeyJ', 'о')
  await page.evaluate(() => document.activeElement?.blur())
  await press('KeyR', 'к')
  assert.ok(await page.evaluate(() => document.activeElement?.matches('[data-composer]')))
  await page.evaluate(() => document.activeElement?.blur())
  const before = await page.locator('[data-row]').count()
  await press('KeyE', 'У', { shiftKey: true })
  await page.getByText('Чат завершён').waitFor()
  assert.equal(await page.locator('[data-row]').count(), before - 1)
  await page.getByRole('button', { name: 'Отменить' }).click()
  await page.waitForFunction((n) => document.querySelectorAll('[data-row]').length === n, before)
  await page.evaluate(() => document.activeElement?.blur())
  await press('Slash', ',', { shiftKey: true })
  await page.getByRole('dialog').waitFor()
  await shot(page, 'keys')
  await page.keyboard.press('Escape')
})

await step('the desk is accessible, light and dark, Russian and English', async () => {
  await row(page, 'Екатерина Мельникова').click()
  await page.getByRole('log').getByText('Строка 20').waitFor()
  await page.mouse.move(900, 5)
  await shot(page, 'desk-light')
  await accessible(page, 'light')
  await page.emulateMedia({ colorScheme: 'dark' })
  await shot(page, 'desk-dark')
  await accessible(page, 'dark')
  await page.evaluate(() => localStorage.setItem('beseda.language', 'en'))
  await page.reload()
  await page.getByRole('log').getByText('Строка 20').waitFor()
  await page.getByRole('tab', { name: /^In work/ }).waitFor()
  await shot(page, 'desk-en-dark')
  await accessible(page, 'English, dark')
  await page.emulateMedia({ colorScheme: 'light' })
  await accessible(page, 'English, light')
  await page.evaluate(() => localStorage.setItem('beseda.language', 'ru'))
  await page.reload()
  await page.getByRole('log').getByText('Строка 20').waitFor()
})

await step('narrow widths: the card is a drawer, then one pane at a time', async () => {
  await page.setViewportSize({ width: 1280, height: 800 })
  await shot(page, 'desk-1280')
  await page.setViewportSize({ width: 1000, height: 800 })
  await page.reload()
  await page.getByRole('log').getByText('Строка 20').waitFor()
  await page.getByRole('button', { name: 'Показать карточку' }).click()
  await shot(page, 'desk-1000-card')
  await page.getByRole('button', { name: 'Скрыть карточку' }).last().click()
  await page.setViewportSize({ width: 420, height: 800 })
  await shot(page, 'desk-420')
  await page.getByRole('button', { name: 'Назад' }).click()
  await row(page, 'Екатерина Мельникова').waitFor()
  await shot(page, 'desk-420-list')
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth))
  await page.goto(`${site}/cabinet`)
  await page.getByText('Первые шаги').or(page.getByText('новых чатов')).first().waitFor()
  await shot(page, 'cabinet-420')
  await page.setViewportSize({ width: 1600, height: 960 })
})

await step('the cabinet: a channel is renamed, switched off and deleted', async () => {
  await page.goto(`${site}/cabinet/channels`)
  await page.getByRole('link', { name: /dveri-grad/ }).click()
  await page.getByLabel(/Название канала/).fill('Сайт')
  await page.getByRole('button', { name: 'Сохранить' }).click()
  await page.getByRole('heading', { name: 'Сайт', exact: true }).waitFor()
  await shot(page, 'channel-settings')
  await page.reload()
  assert.equal(await page.getByLabel(/Название канала/).inputValue(), 'Сайт')
  await page.getByRole('button', { name: 'Выключить' }).click()
  await page.getByText('выключен', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Включить' }).click()
  await page.getByText('работает', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Удалить канал' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Удалить канал' }).click()
  await page.waitForURL('**/cabinet/channels')
  await page.getByRole('link', { name: /Telegram-бот/ }).waitFor()
})

await step('log-out forgets; a wrong password is told in words', async () => {
  await page.goto(`${site}/desk`)
  await page.getByRole('button', { name: /Меню$/ }).click()
  await page.getByRole('menuitem', { name: 'Выйти' }).click()
  await page.waitForURL('**/login')
  await page.getByLabel('Электронная почта').fill(owner.email)
  await page.getByLabel('Пароль').fill('not this one')
  await page.getByRole('button', { name: 'Войти' }).click()
  await page.getByRole('alert').waitFor()
  await page.getByLabel('Пароль').fill(password)
  await page.getByRole('button', { name: 'Войти' }).click()
  await page.waitForURL('**/desk**')
})

await step('no page broke the policy or threw', async () => {
  const faults = people.flatMap((one) => one.faults).filter((f) => !/ERR_INTERNET_DISCONNECTED|WebSocket/.test(f))
  assert.deepEqual(faults, [])
})

await browser.close()
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed ? 1 : 0
