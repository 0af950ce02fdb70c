// The desk around the conversation: lists, filters, deeds on many, search, keys, one socket for all tabs.
import assert from 'node:assert/strict'

export const name = 'shell'

const row = (page, text) => page.locator('[data-row]', { hasText: text })
const tab = (page, title) => page.getByRole('tab', { name: new RegExp(`^${title}`) })

/** A key as a Russian layout gives it: its place, another letter. */
const press = (page, code, key, modifiers = {}) =>
  page.evaluate(
    ([code, key, modifiers]) => {
      const target = document.activeElement ?? document.body
      target.dispatchEvent(new KeyboardEvent('keydown', { code, key, bubbles: true, cancelable: true, ...modifiers }))
    },
    [code, key, modifiers],
  )
const blur = (page) => page.evaluate(() => document.activeElement?.blur())

/** Pages of this context reach the server through here, so that the way can be cut. */
async function sockets(context) {
  const state = { open: 0, opened: 0, cut: false, drop: () => {} }
  const live = new Set()
  await context.routeWebSocket(/\/api\/v1\/socket/, (socket) => {
    if (state.cut) return void socket.close({ code: 4000 })
    const server = socket.connectToServer()
    state.open++
    state.opened++
    const gone = () => {
      if (live.delete(socket)) state.open--
    }
    live.add(socket)
    socket.onClose((code, reason) => {
      gone()
      void server.close({ code, reason })
    })
    server.onClose((code, reason) => {
      gone()
      void socket.close({ code, reason })
    })
    socket.end = () => {
      gone()
      void server.close()
      void socket.close({ code: 4000 })
    }
  })
  state.drop = () => [...live].forEach((socket) => socket.end())
  return state
}

export async function run(stage) {
  const { check, need, until } = stage
  const company = await stage.company()
  const bot = await company.telegram('Отдел продаж')
  const anton = await company.employee('Антон Белов')
  await company.owner.online()
  await anton.online()
  const names = ['Екатерина', 'Тимур', 'Ольга', 'Руслан', 'Полина', 'Михаил', 'Дарья', 'Игорь']
  const customers = []
  for (const one of names) {
    const customer = await bot.customer(one)
    await customer.say(`${one}: сколько стоит дверь «Турин»?`)
    customers.push(customer)
  }
  for (const one of names) await company.conversation(`${one}: сколько`)

  const first = await stage.person({ as: company.owner })
  const wires = await sockets(first.context)
  const { page } = first
  const second = await stage.person({ as: anton })

  await need('the list shows the new chats with their counts', async () => {
    await page.goto('/desk/new')
    await second.page.goto('/desk/new')
    await row(page, 'Екатерина').waitFor()
    await row(second.page, 'Екатерина').waitFor()
    await until(async () => /8/.test(await tab(page, 'Новые').innerText()), { what: 'the count of new chats' })
    await until(async () => (await page.title()).startsWith('(8)'), { what: 'the count in the title' })
    assert.match(await page.locator('link[rel=icon]').getAttribute('href'), /^data:image\/png/)
    await stage.shot(page, 'new')
  })

  await check('what a colleague takes leaves Новые within a second, RT-4', async () => {
    await row(page, 'Руслан').waitFor()
    await row(second.page, 'Руслан').click()
    await second.page.getByRole('button', { name: 'Взять в работу' }).click()
    await second.page.waitForURL('**/in_work/**')
    const began = Date.now()
    await row(page, 'Руслан').waitFor({ state: 'detached', timeout: 1000 })
    assert.ok(Date.now() - began <= 1000)
    await until(async () => /7/.test(await tab(page, 'Новые').innerText()), { what: 'the count follows' })
  })

  await check('two tabs have one socket; when the first closes, the other goes on', async () => {
    const other = await first.context.newPage()
    await other.goto('/desk/new')
    await row(other, 'Полина').waitFor()
    await customers[4].say('Полина ещё здесь')
    await row(other, 'Полина ещё здесь').waitFor()
    await row(page, 'Полина ещё здесь').waitFor()
    assert.equal(wires.open, 1)
    await page.close()
    await customers[4].say('Полина всё ещё здесь')
    await row(other, 'Полина всё ещё здесь').waitFor()
    assert.equal(wires.open, 1)
    first.page = other
  })
  const desk = first.page

  await check('a socket that was cut: twenty messages are all there, in order, once', async () => {
    await row(desk, 'Дарья').click()
    await desk.getByRole('log').getByText('Дарья: сколько').waitFor()
    wires.cut = true
    wires.drop()
    for (let n = 1; n <= 20; n++) await customers[6].say(`Строка ${String(n).padStart(2, '0')}`)
    await company.conversation('Строка 20')
    await desk.locator('[data-offline]').waitFor()
    await stage.shot(desk, 'offline')
    assert.equal(await desk.getByRole('log').getByText('Строка 20').count(), 0)
    wires.cut = false
    await desk.getByRole('log').getByText('Строка 20').waitFor({ timeout: 40_000 })
    await desk.locator('[data-offline]').waitFor({ state: 'detached' })
    const said = (await desk.getByRole('log').innerText()).match(/Строка \d\d/g)
    assert.deepEqual(said, Array.from({ length: 20 }, (_, n) => `Строка ${String(n + 1).padStart(2, '0')}`))
    await desk.keyboard.press('Escape')
  })

  await check('a filter is saved and stands on a second browser', async () => {
    await desk.locator('[data-filters]').click()
    await desk.getByLabel('Сотрудник').selectOption({ label: 'Мои' })
    await desk.getByLabel('Клиент ждёт ответа').check()
    await stage.shot(desk, 'filter')
    await stage.axe(desk, 'the filter')
    await desk.getByLabel('Название отбора').fill('Мои ждут')
    await desk.getByRole('button', { name: 'Сохранить' }).click()
    await desk.getByRole('button', { name: 'Мои ждут', pressed: true }).waitFor()
    await desk.getByText('Под отбор ничего не подходит').waitFor()
    await stage.shot(desk, 'filter-saved')
    await until(async () => (await company.api.get('/me/preferences')).preferences.views?.length === 1, { what: 'the server has it' })
    const elsewhere = await stage.person({ as: company.owner })
    await elsewhere.page.goto('/desk/new')
    await elsewhere.page.getByRole('button', { name: 'Мои ждут' }).click()
    await elsewhere.page.getByText('Под отбор ничего не подходит').waitFor()
    await elsewhere.context.close()
    await desk.getByRole('button', { name: 'Мои ждут', pressed: true }).click()
    await row(desk, 'Екатерина').waitFor()
  })

  await check('several at once: tag, transfer, close with undo', async () => {
    await company.api.post('/tags', { name: 'Дверь' })
    await row(desk, 'Екатерина').hover()
    await desk.getByLabel('Выбрать: Екатерина').check()
    await desk.getByLabel('Выбрать: Тимур').check()
    await desk.getByText('Выбрано: 2').waitFor()
    await stage.shot(desk, 'selected')
    await stage.axe(desk, 'chosen rows')
    await desk.getByRole('toolbar').getByRole('button', { name: 'Тег' }).click()
    await desk.getByRole('menuitem', { name: 'Дверь' }).click()
    await desk.getByText('Тег «Дверь» поставлен: 2 чата').waitFor()
    await row(desk, 'Екатерина').getByText('Дверь', { exact: true }).waitFor()

    await desk.getByLabel('Выбрать: Ольга').check()
    await desk.getByRole('toolbar').getByRole('button', { name: 'Передать' }).click()
    await desk.getByRole('menuitem', { name: /Антон Белов/ }).click()
    await desk.getByText('Передано: 1 чат. Кому: Антон Белов').waitFor()
    await row(desk, 'Ольга').waitFor({ state: 'detached' })

    for (const one of ['Екатерина', 'Тимур', 'Михаил']) await desk.getByLabel(`Выбрать: ${one}`).check()
    await desk.getByRole('toolbar').getByRole('button', { name: 'Завершить' }).click()
    await desk.getByText('Завершено: 3 чата').waitFor()
    await row(desk, 'Тимур').waitFor({ state: 'detached' })
    await desk.getByRole('button', { name: 'Отменить' }).last().click()
    await row(desk, 'Тимур').waitFor()
    for (const one of ['Екатерина', 'Тимур']) await desk.getByLabel(`Выбрать: ${one}`).check()
    await desk.getByRole('toolbar').getByRole('button', { name: 'Завершить' }).click()
    await until(async () => (await company.api.get('/conversations/counts')).closed === 2, { within: 15_000, what: 'both are closed' })
    await tab(desk, 'Закрытые').click()
    await row(desk, 'Тимур').waitFor()
    await until(async () => /2/.test(await tab(desk, 'Закрытые').innerText()), { what: 'the count of the closed' })
    await tab(desk, 'Новые').click()
  })

  await check('search: a name, a number, words of a message; results stay when one is opened', async () => {
    await blur(desk)
    await press(desk, 'Slash', '.')
    await desk.waitForFunction(() => document.activeElement?.matches('[data-search]'))
    await desk.keyboard.type('турин')
    await desk.getByRole('heading', { name: 'Сообщения', exact: true }).waitFor()
    await desk.locator('mark').first().waitFor()
    await stage.axe(desk, 'search')
    await desk.keyboard.press('ArrowDown')
    await desk.keyboard.press('Enter')
    await desk.getByRole('log').getByText('сколько стоит').first().waitFor()
    assert.ok((await desk.locator('[data-hit]').count()) >= 7)
    await stage.shot(desk, 'search')
    const { number } = await company.conversation('Строка 20')
    await desk.locator('[data-search]').fill(`№ ${number}`)
    await desk.getByRole('heading', { name: 'Чат по номеру' }).waitFor()
    await desk.locator('[data-search]').fill('такого нигде нет')
    await desk.locator('p.font-semibold', { hasText: 'ничего нет' }).waitFor()
    await desk.locator('[data-search]').fill('')
    await blur(desk)
  })

  await check('keys by their place on a Russian layout, also in the palette', async () => {
    await press(desk, 'Escape', 'Escape')
    await desk.waitForURL('**/desk/new')
    await press(desk, 'Digit2', '2')
    await desk.waitForURL('**/desk/in_work')
    await press(desk, 'Digit1', '1')
    await desk.waitForURL('**/desk/new')
    await row(desk, 'Игорь').waitFor()
    await press(desk, 'KeyJ', 'о')
    await desk.waitForURL('**/desk/new/cnv_**')
    const one = desk.url()
    await blur(desk)
    await press(desk, 'KeyJ', 'о')
    await desk.waitForURL((url) => url.href !== one)
    await blur(desk)
    await press(desk, 'KeyK', 'л')
    await desk.waitForURL(one)
    await blur(desk)
    await press(desk, 'KeyX', 'ч')
    await desk.getByText('Выбрано: 1').waitFor()
    await press(desk, 'Escape', 'Escape')
    await desk.getByText('Выбрано: 1').waitFor({ state: 'detached' })
    await press(desk, 'KeyK', 'л', { ctrlKey: true })
    await desk.locator('[data-palette]').waitFor()
    // «взять» typed on the English layout.
    await desk.keyboard.type('dpznm')
    await desk.getByRole('option', { name: /Взять в работу/ }).waitFor()
    await stage.shot(desk, 'palette')
    await stage.axe(desk, 'the palette')
    await desk.keyboard.press('Enter')
    await desk.waitForURL('**/desk/in_work/**')
    await press(desk, 'KeyK', 'л', { ctrlKey: true })
    await desk.keyboard.type('Дарья')
    await desk.getByRole('option', { name: /Дарья/ }).first().waitFor()
    await desk.keyboard.press('Escape')
    await desk.locator('[data-palette]').waitFor({ state: 'detached' })
  })

  await check('keys of one letter can be turned off; the sheet shows every key', async () => {
    await blur(desk)
    await press(desk, 'Slash', ',', { shiftKey: true })
    await desk.getByRole('dialog').getByText('Завершить и открыть следующий').waitFor()
    await stage.shot(desk, 'keys')
    await stage.axe(desk, 'the keys')
    await desk.getByRole('button', { name: 'Выключить клавиши из одной буквы' }).click()
    await desk.keyboard.press('Escape')
    await desk.getByRole('dialog').waitFor({ state: 'detached' })
    await blur(desk)
    await press(desk, 'KeyC', 'с')
    assert.equal(await desk.getByRole('dialog').count(), 0)
    await press(desk, 'KeyK', 'л', { ctrlKey: true })
    await desk.locator('[data-palette]').fill('настройки рабочего')
    await desk.keyboard.press('Enter')
    await desk.getByRole('switch', { name: /Клавиши из одной буквы/ }).click()
    await desk.getByText('Плотная').click()
    await stage.shot(desk, 'settings')
    await stage.axe(desk, 'own settings')
    await desk.keyboard.press('Escape')
    await tab(desk, 'В работе').click()
    await until(async () => (await row(desk, 'Полина').or(row(desk, 'Дарья')).first().boundingBox())?.height === 56, { what: 'compact rows' })
    await stage.shot(desk, 'compact')
  })

  await check('own status and load; none of it needs a mouse', async () => {
    await company.api.patch(`/employees/${company.owner.employee_id}`, { capacity: 5 })
    await blur(desk)
    await press(desk, 'KeyS', 'Ы', { shiftKey: true })
    await desk.getByText('Статус: Перерыв').waitFor()
    await desk.getByText('Вы на перерыве').waitFor()
    await desk.getByRole('button', { name: /Меню$/ }).click()
    await desk.getByText(/^\d из 5 чатов$/).waitFor()
    await stage.shot(desk, 'menu')
    await desk.getByRole('menuitem', { name: 'На линии', exact: true }).click()
    await desk.getByText('Вы на перерыве').waitFor({ state: 'detached' })
  })

  await check('sounds: asked for where the browser wants a click; a new chat calls, silence when muted or off the line', async () => {
    const fresh = await stage.person({ as: anton })
    await fresh.context.addInitScript(() => {
      self.tones = 0
      const make = AudioContext.prototype.createOscillator
      AudioContext.prototype.createOscillator = function () {
        self.tones++
        return make.call(this)
      }
    })
    const tones = () => fresh.page.evaluate(() => self.tones)
    await second.context.close()
    await fresh.page.goto('/desk/new')
    await row(fresh.page, 'Полина').waitFor()
    const newcomer = await bot.customer('Зоя')
    await newcomer.say('Зоя: здравствуйте')
    await fresh.page.getByRole('button', { name: 'Включить звук' }).waitFor()
    await stage.shot(fresh.page, 'sound-blocked')
    await stage.axe(fresh.page, 'the blocked sound')
    await fresh.page.getByRole('button', { name: 'Включить звук' }).click()
    await fresh.page.getByRole('button', { name: 'Включить звук' }).waitFor({ state: 'detached' })
    const before = await tones()
    await (await bot.customer('Лев')).say('Лев: здравствуйте')
    await until(async () => (await tones()) - before >= 3, { what: 'the sound of a new chat' })
    await blur(fresh.page)
    await press(fresh.page, 'KeyM', 'ь')
    await fresh.page.getByText('Звук выключен').waitFor()
    const muted = await tones()
    await (await bot.customer('Нина')).say('Нина: здравствуйте')
    await row(fresh.page, 'Нина').waitFor()
    assert.equal(await tones(), muted)
    await fresh.context.close()
  })

  await check('a notification on the screen only while no tab is looked at, many as one', async () => {
    const away = await stage.person({ as: anton })
    await away.context.addInitScript(() => {
      self.told = []
      self.Notification = class {
        static permission = 'granted'
        constructor(title, { body }) {
          self.told.push({ title, body })
        }
      }
    })
    await away.page.goto('/desk/new')
    await row(away.page, 'Зоя').waitFor()
    await (await bot.customer('Яна')).say('Яна: видно?')
    await row(away.page, 'Яна').waitFor()
    await away.page.evaluate(() => {
      Object.defineProperty(document, 'hidden', { value: true })
      document.dispatchEvent(new Event('visibilitychange'))
    })
    const told = () => away.page.evaluate(() => self.told)
    for (const one of ['Вера', 'Глеб', 'Инна']) await (await bot.customer(one)).say(`${one}: добрый день`)
    await until(async () => (await told()).length > 0, { what: 'the notification' })
    const [first] = await told()
    assert.match(first.title, /^\d новых? событи/)
    assert.match(first.body, /Инна: /)
    assert.doesNotMatch(JSON.stringify(await told()), /Яна/)
    await anton.api.put('/me/presence', { presence: 'break' })
    await until(async () => (await away.page.getByText('Вы на перерыве').count()) > 0, { what: 'the break is known' })
    const count = (await told()).length
    await (await bot.customer('Рим')).say('Рим: вы здесь?')
    await row(away.page, 'Рим').waitFor()
    assert.equal((await told()).length, count)
    await away.context.close()
  })

  await check('writing first: the address is checked before it is sent', async () => {
    await company.api.post('/channels', {
      kind: 'email', name: 'Почта',
      settings: { email: 'zakaz@example.ru', password: 'x', imap_host: '127.0.0.1', smtp_host: '127.0.0.1' },
    })
    await desk.goto('/desk/new')
    await row(desk, 'Михаил').waitFor()
    await blur(desk)
    await press(desk, 'KeyC', 'с')
    const dialog = desk.getByRole('dialog')
    await dialog.getByText('Почта').waitFor()
    await dialog.getByLabel(/Адрес почты/).fill('olga@')
    await dialog.getByLabel('Сообщение').fill('Здравствуйте')
    await dialog.getByText('Это не похоже на адрес почты').waitFor()
    await stage.shot(desk, 'write-first')
    await stage.axe(desk, 'writing first')
    await dialog.getByLabel(/Адрес почты/).fill('Olga@example.ru')
    await dialog.getByText('Напишем на olga@example.ru').waitFor()
    await dialog.getByLabel('Тема').fill('Замер двери')
    await dialog.getByRole('button', { name: 'Отправить' }).click()
    await desk.waitForURL('**/desk/in_work/cnv_**')
    await desk.getByRole('log').getByText('Здравствуйте').waitFor()
    await desk.goto('/desk/new')
    await row(desk, 'Михаил').waitFor()
  })

  await check('a chat marked as unread stays so on every device until it is opened', async () => {
    await tab(desk, 'Новые').click()
    await row(desk, 'Михаил').click()
    await desk.getByRole('log').getByText('Михаил: сколько').waitFor()
    await blur(desk)
    await press(desk, 'KeyU', 'г')
    await row(desk, 'Михаил').getByRole('img', { name: 'Отмечен непрочитанным' }).waitFor()
    await row(desk, 'Михаил').click()
    await desk.keyboard.press('Escape')
    await row(desk, 'Михаил').getByRole('img', { name: 'Отмечен непрочитанным' }).waitFor({ state: 'detached' })
  })

  await check('the desk is accessible and whole in every dress and width', async () => {
    await row(desk, 'Михаил').click()
    await desk.getByRole('log').getByText('Михаил: сколько').waitFor()
    for (const [theme, language] of [['light', 'ru'], ['dark', 'ru'], ['dark', 'en'], ['light', 'en']]) {
      await desk.emulateMedia({ colorScheme: theme })
      await desk.evaluate((next) => localStorage.setItem('beseda.language', next), language)
      await desk.reload()
      await row(desk, 'Михаил').waitFor()
      await desk.getByRole('log').getByText('Михаил: сколько').waitFor()
      await stage.shot(desk, `desk-${theme}-${language}`)
      await stage.axe(desk, `${theme}, ${language}`)
    }
    await desk.evaluate(() => localStorage.setItem('beseda.language', 'ru'))
    await desk.reload()
    for (const [width, height] of [[1280, 800], [1000, 800], [420, 800]]) {
      await desk.setViewportSize({ width, height })
      await desk.getByRole('log').getByText('Михаил: сколько').waitFor()
      await stage.shot(desk, `desk-${width}`)
      assert.ok(await desk.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${width} px`)
    }
    await desk.goto('/desk/new')
    await row(desk, 'Михаил').waitFor()
    await stage.shot(desk, 'list-420')
  })
}
