// Where new conversations go: scenarios and working hours, the live board, the first page of the cabinet.
import assert from 'node:assert/strict'

export const name = 'flow'

export async function run(stage) {
  const { check, need, shot, axe, until } = stage
  const company = await stage.company({ name: 'Двери Град' })
  const { api } = company
  const { page } = await stage.person({ as: company.owner, width: 1280, height: 800 })
  const group = await api.post('/groups', { name: 'Отдел сервиса', members: [company.owner.employee_id] })
  const save = () => page.getByRole('button', { name: 'Сохранить', exact: true })
  const step = (at) => page.locator(`[data-step="${at}"]`)
  const gap = (at) => page.locator(`[data-gap="${at}"]`)
  const panel = page.getByRole('tabpanel')
  const unsaved = page.locator('[data-unsaved]')

  await check('RT-3a: working hours are refused at their day, saved, and read back', async () => {
    await page.goto('/cabinet/hours')
    await page.getByRole('link', { name: 'Новое расписание' }).click()
    await page.getByLabel(/^Название/).fill('Салон')
    await page.getByLabel('Понедельник, промежуток 1: конец').fill('7')
    await save().click()
    await page.getByRole('group', { name: 'Понедельник' }).getByText('Конец раньше начала').waitFor()
    await shot(page, 'hours-refused')
    await page.getByLabel('Понедельник, промежуток 1: конец').fill('1330')
    await page.getByRole('button', { name: 'Добавить промежуток: Понедельник' }).click()
    await page.getByRole('button', { name: 'Убрать промежуток 1: Пятница' }).click()
    await page.getByLabel('Дата').fill('2026-12-31')
    await page.getByRole('button', { name: 'Добавить день' }).click()
    await page.getByRole('button', { name: 'Добавить промежуток: 31 декабря' }).click()
    await save().click()
    await page.waitForURL(/hours\/shd_/)
    await page.reload()
    assert.equal(await page.getByLabel('Понедельник, промежуток 1: конец').inputValue(), '13:30')
    assert.equal(await page.getByLabel('Понедельник, промежуток 2: начало').inputValue(), '14:30')
    await page.getByRole('group', { name: 'Пятница' }).getByText('выходной').waitFor()
    await page.getByRole('group', { name: '31 декабря' }).waitFor()
    const [stored] = (await api.get('/schedules')).items
    assert.deepEqual(stored.schedule.week.mon, ['09:00-13:30', '14:30-18:30'])
    assert.deepEqual(stored.schedule.holidays, { '2026-12-31': ['09:00-18:00'] })
    await page.locator('[data-open]').waitFor()
    await shot(page, 'hours')
    await axe(page, 'hours')
  })

  await need('RT-1: a scenario begins with a template, and a branch is added by the mouse', async () => {
    await page.goto('/cabinet/scenarios')
    await page.getByRole('link', { name: 'Новый сценарий' }).click()
    await axe(page, 'templates')
    await page.getByRole('link', { name: /Пустой сценарий/ }).click()
    await page.getByLabel('Название сценария').fill('Возвраты отдельно')
    await gap('/steps/0').click()
    await page.getByRole('menuitem', { name: 'Условие' }).click()
    await step('/steps/0').waitFor()
    await panel.getByLabel('Условие', { exact: true }).selectOption('text')
    await panel.getByLabel('Значения').fill('возврат')
    await page.keyboard.press('Enter')
    await gap('/steps/0/then/0').click()
    await page.getByRole('menuitem', { name: 'Автоответ' }).click()
    await gap('/steps/0/otherwise/0').click()
    await page.getByRole('menuitem', { name: 'Распределить' }).click()
    await panel.getByLabel('Кому').selectOption('group')
    await panel.getByLabel('Как', { exact: true }).selectOption('round_robin')
    await step('/steps/0').getByText('В сообщении есть возврат').waitFor()
  })

  await check('RT-1: a refusal of the server stands at the very step, in words', async () => {
    await save().click()
    await page.getByRole('alert').getByText('Сценарий не сохранён').waitFor()
    await step('/steps/0/then/0').getByText('Напишите текст ответа.').waitFor()
    assert.equal(await step('/steps/0').getByText('Напишите текст ответа.').count(), 0)
    await panel.locator('textarea[aria-invalid=true]').waitFor()
    await shot(page, 'scenario-refused')
    await axe(page, 'a refused scenario')
  })

  await check('RT-1: mended, it is saved and read back', async () => {
    await panel.getByLabel('Текст ответа').fill('Поможем с возвратом. ')
    await panel.getByRole('button', { name: 'имя клиента' }).click()
    assert.equal(await step('/steps/0/then/0').getByText('Напишите текст ответа.').count(), 0)
    await save().click()
    await page.waitForURL(/scenarios\/scn_/)
    await unsaved.waitFor({ state: 'detached' })
    await page.reload()
    await step('/steps/0/then/0').getByText('Поможем с возвратом. {contact.name}').waitFor()
    const [stored] = (await api.get('/scenarios')).items
    assert.equal(stored.name, 'Возвраты отдельно')
    assert.deepEqual(stored.tree.steps[0].when, { is: 'text', any_of: ['возврат'] })
    assert.deepEqual(stored.tree.steps[0].otherwise[0].to, { group: group.group_id })
  })

  await check('RT-1: an example shows its way through the steps', async () => {
    await page.getByRole('tab', { name: 'Проверить на примере' }).click()
    await panel.getByLabel('Сообщение клиента').fill('Хочу оформить возврат')
    await panel.getByRole('button', { name: 'Проверить' }).click()
    await page.locator('[data-trial]').getByText('Итог').waitFor()
    await page.locator('[data-on-way]', { has: step('/steps/0/then/0') }).waitFor()
    assert.equal(await page.locator('[data-on-way]', { has: step('/steps/0/otherwise/0') }).count(), 0)
    await shot(page, 'scenario-tried')
    await axe(page, 'a tried scenario')
    await panel.getByLabel('Сообщение клиента').fill('Когда доставка?')
    await panel.getByRole('button', { name: 'Проверить' }).click()
    await page.locator('[data-on-way]', { has: step('/steps/0/otherwise/0') }).waitFor()
  })

  await check('a step is moved into another branch, copied, deleted; undone and done again', async () => {
    await page.getByRole('button', { name: 'Действия с шагом 1а.1: Автоответ' }).click()
    await page.getByRole('menuitem', { name: 'Переместить' }).click()
    await page.locator('[data-drop="/steps/0/otherwise/0"]').click()
    await step('/steps/0/otherwise/0').getByText('Поможем с возвратом').waitFor()
    await page.getByRole('button', { name: 'Действия с шагом 1б.1: Автоответ' }).click()
    await page.getByRole('menuitem', { name: 'Дублировать' }).click()
    await step('/steps/0/otherwise/2').waitFor()
    await page.getByRole('button', { name: /^Отменить/ }).click()
    await step('/steps/0/otherwise/2').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: /^Отменить/ }).click()
    await step('/steps/0/then/0').waitFor()
    await page.getByRole('button', { name: /^Вернуть/ }).click()
    await step('/steps/0/then/0').waitFor({ state: 'detached' })
    await unsaved.getByRole('button', { name: 'Отмена' }).click()
    await step('/steps/0/then/0').waitFor()
    await unsaved.waitFor({ state: 'detached' })
  })

  await check('somebody else saved it meanwhile: nothing is overwritten unasked', async () => {
    const [stored] = (await api.get('/scenarios')).items
    await page.getByLabel('Название сценария').fill('Моё название')
    await api.put(`/scenarios/${stored.scenario_id}`, { name: 'Чужое название', tree: stored.tree })
    await save().click()
    await page.getByRole('dialog').getByText('Сценарий изменил кто-то ещё').waitFor()
    await shot(page, 'scenario-conflict')
    await page.getByRole('button', { name: 'Сохранить мой вариант' }).click()
    await unsaved.waitFor({ state: 'detached' })
    assert.equal((await api.get('/scenarios')).items[0].name, 'Моё название')
  })

  await check('a scenario is made by keys alone, on a Russian layout', async () => {
    const press = (code, key, modifiers = {}) =>
      page.evaluate(
        ([code, key, modifiers]) =>
          (document.activeElement ?? document.body).dispatchEvent(
            new KeyboardEvent('keydown', { code, key, bubbles: true, cancelable: true, ...modifiers }),
          ),
        [code, key, modifiers],
      )
    await page.goto('/cabinet/scenarios/new/byHours')
    await step('/steps/0').focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowRight')
    assert.ok(await page.evaluate(() => document.activeElement?.matches('[data-step="/steps/0/otherwise/0"]')))
    // On ЙЦУКЕН the key of "A" types "ф": its place is what counts.
    await press('KeyA', 'ф')
    await page.getByRole('menuitem', { name: 'Подождать' }).waitFor()
    await page.keyboard.press('ArrowDown')
    await until(() => page.evaluate(() => document.activeElement?.getAttribute('role') === 'menuitem'), { what: 'the menu' })
    await page.keyboard.press('End')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Enter')
    await page.locator('[data-step="/steps/0/otherwise/1"]:focus').waitFor()
    await step('/steps/0/otherwise/1').getByText('Подождать').waitFor()
    await page.keyboard.press('Control+ArrowUp')
    await page.locator('[data-step="/steps/0/otherwise/0"]:focus').waitFor()
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.activeElement?.matches('[data-step-form] input'))
    await page.keyboard.press('Control+KeyA')
    await page.keyboard.type('5')
    await page.keyboard.press('Escape')
    await step('/steps/0/otherwise/0').getByText('5 мин').waitFor()
    await press('KeyZ', 'я', { ctrlKey: true })
    await step('/steps/0/otherwise/0').getByText('1 мин').waitFor()
    await press('KeyZ', 'Я', { ctrlKey: true, shiftKey: true })
    await step('/steps/0/otherwise/0').getByText('5 мин').waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Control+KeyD')
    await page.locator('[data-step="/steps/0/otherwise/2"]:focus').waitFor()
    await page.keyboard.press('Delete')
    await page.locator('[data-step="/steps/0/otherwise/2"]:focus').getByText('Форма контактов').waitFor()
    await press('KeyS', 'ы', { ctrlKey: true })
    await page.waitForURL(/scenarios\/scn_/)
    const made = (await api.get('/scenarios')).items.find((one) => one.name === 'По рабочему времени')
    assert.deepEqual(
      made.tree.steps[0].otherwise.map((one) => one.do),
      ['wait', 'auto_reply', 'contact_form'],
    )
    assert.equal(made.tree.steps[0].otherwise[0].seconds, 300)
    await shot(page, 'scenario')
  })

  await check('a scenario is chosen for a channel where it is edited, and told in the list', async () => {
    const site = await company.site('Сайт')
    await page.reload()
    await page.getByRole('tab', { name: 'Каналы' }).click()
    await panel.getByRole('checkbox', { name: /Сайт/ }).check()
    await page.getByText('работает по этому сценарию').waitFor()
    await page.getByRole('link', { name: 'Все сценарии' }).click()
    await page.getByRole('link', { name: /По рабочему времени.*Сайт/ }).waitFor()
    await shot(page, 'scenarios')
    await axe(page, 'scenarios')
    const channel = await api.get(`/channels/${site.channel_id}`)
    assert.ok(channel.scenario_id)
    await api.patch(`/channels/${site.channel_id}`, { scenario_id: null })
  })

  await check('a supervisor edits scenarios and sees the board; channels are for the administrator', async () => {
    const one = await stage.person({ as: await company.employee('Антон Белов', 'supervisor'), width: 1280, height: 800 })
    await one.page.goto('/cabinet')
    await one.page.locator('[data-tile=waiting]').waitFor()
    await one.page.getByRole('link', { name: 'Сценарии' }).click()
    await one.page.getByRole('link', { name: /Моё название/ }).click()
    await one.page.getByRole('tab', { name: 'Каналы' }).click()
    await one.page.getByText('Каналы для сценария выбирает администратор').waitFor()
    await one.context.close()
  })

  await check('RP-2: the board shows who waits as it happens, and fills a wall', async () => {
    const bot = await company.telegram('Бот')
    const customer = await bot.customer('Ольга Зайцева')
    await page.goto('/cabinet/board')
    const waiting = page.locator('[data-tile=waiting] dd').first()
    await waiting.waitFor()
    assert.equal(await waiting.innerText(), '0')
    await customer.say('Когда привезут дверь?')
    await until(async () => (await waiting.innerText()) === '1', { within: 5000, what: 'the board to count one' })
    await company.owner.online()
    await page.getByRole('cell', { name: /На линии/ }).waitFor({ timeout: 5000 })
    await page.getByRole('button', { name: 'Показать таблицей' }).click()
    await page.getByRole('table', { name: 'Чаты по часам за сегодня' }).waitFor()
    await page.getByRole('button', { name: 'Показать графиком' }).click()
    await axe(page, 'the board')
    await shot(page, 'board')
    await page.getByRole('button', { name: 'На весь экран' }).click()
    await page.locator('[data-wall]').waitFor()
    await shot(page, 'board-wall')
    await page.getByRole('button', { name: 'Выйти из полного экрана' }).click()
    await page.locator('[data-wall]').waitFor({ state: 'detached' })
  })

  await check('OW-2: the overview leads a newcomer to the first answer, then says that all is ready', async () => {
    const fresh = await stage.company({ name: 'Новая' })
    const one = await stage.person({ as: fresh.owner, width: 1280, height: 800 })
    await one.page.goto('/cabinet')
    await one.page.getByRole('heading', { name: 'Первые шаги' }).waitFor()
    await one.page.getByText('Готово 0 из 3').waitFor()
    await axe(one.page, 'first steps')
    const bot = await fresh.telegram('Бот')
    await one.page.getByText('Ждём первое сообщение').waitFor()
    await shot(one.page, 'overview-waits')
    await (await bot.customer('Ирина Ковалёва')).say('Есть в наличии?')
    await one.page.getByText('Первое сообщение пришло').waitFor()
    await shot(one.page, 'overview-came')
    const chat = await fresh.conversation('Есть в наличии?')
    await fresh.api.post(`/conversations/${chat.conversation_id}/messages`, { client_id: 'a1', text: 'Да' })
    await one.page.getByText('Готово 2 из 3').waitFor()
    await fresh.api.post('/invites', { email: 'kollega@example.ru', role: 'operator' })
    await fresh.api.patch('/account', { name: 'Новая компания' })
    await one.page.reload()
    await one.page.getByText('Готово 2 из 3').waitFor({ state: 'detached' })
    await one.page.locator('[data-tile=in-work]').getByText('1', { exact: true }).waitFor()
    await shot(one.page, 'overview-day')
    await axe(one.page, 'the day')
  })

  const [scenario] = (await api.get('/scenarios')).items
  const editor = `/scenarios/${scenario.scenario_id}`
  for (const [theme, language, paths] of [
    ['light', 'ru', ['', '/scenarios', '/hours', '/crm']],
    ['dark', 'ru', ['', '/board', editor, '/hours/new']],
    ['light', 'en', ['/board', editor, '/hours/new']],
    ['dark', 'en', ['', '/board', '/scenarios', editor]],
  ]) {
    await check(`these pages are accessible: ${theme}, ${language}`, async () => {
      const one = await stage.person({ as: company.owner, theme, language, width: 1280, height: 800 })
      for (const path of paths) {
        await one.page.goto(`/cabinet${path}`)
        await one.page.getByRole('heading', { level: 1 }).waitFor()
        await one.page.waitForLoadState('networkidle')
        await axe(one.page, path)
        if (theme === 'dark' && language === 'ru') await shot(one.page, `dark${path.replaceAll('/', '-').slice(0, 12)}`)
      }
      await one.context.close()
    })
  }

  await check('on a telephone nothing is wider than the page', async () => {
    const one = await stage.person({ as: company.owner, width: 420, height: 800 })
    const made = (await api.get('/scenarios')).items.find((s) => s.name === 'По рабочему времени')
    for (const path of ['', '/board', `/scenarios/${made.scenario_id}`, '/hours/new']) {
      await one.page.goto(`/cabinet${path}`)
      await one.page.getByRole('heading', { level: 1 }).waitFor()
      await one.page.waitForLoadState('networkidle')
      assert.ok(await one.page.evaluate(() => document.querySelector('main').scrollWidth <= innerWidth), path)
      await shot(one.page, `narrow${path.replaceAll('/', '-').slice(0, 12)}`)
    }
    await one.context.close()
  })
}
