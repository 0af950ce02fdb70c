// amoCRM in the cabinet: a portal of the sandbox, rules, a dry run, the journal.
import assert from 'node:assert/strict'

export const name = 'crm'

export async function run(stage) {
  const { check, need, axe, shot, until } = stage
  // Made by the check of a server that fails.
  stage.excuse(/status of 500|ERR_FAILED/)
  const company = await stage.company()
  const site = await company.site()
  await company.owner.online()
  const amo = await stage.server.amo()
  const { page } = await stage.person({ as: company.owner, width: 1280 })
  const bar = page.locator('[data-unsaved]')
  const tab = (title) => page.getByRole('tab', { name: title, exact: false }).click()
  const save = async () => {
    await bar.getByRole('button', { name: 'Сохранить' }).click()
    await bar.waitFor({ state: 'detached' })
  }
  /** What stands in the sandbox's account now. */
  const account = async () => {
    const { accounts } = await fetch(`${amo.url}/sandbox/state`).then((r) => r.json())
    const { id } = accounts.find((one) => one.subdomain === amo.account)
    return fetch(`${amo.url}/sandbox/accounts/${id}`).then((r) => r.json())
  }

  await check('AMO-1: without keys and without an address the dialog says what is possible and who can change it', async () => {
    await page.goto('/cabinet/crm')
    await page.getByText('CRM ещё не подключена').waitFor()
    await axe(page, 'no CRM')
    await page.getByRole('button', { name: 'Подключить amoCRM' }).click()
    await page.getByText('ни ключей приложения amoCRM, ни публичного адреса').waitFor()
    await axe(page, 'the dialog of connecting')
  })

  await need('CRM-7: a portal is connected by a long-lived token; a wrong address is told at its field', async () => {
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Адрес портала').fill('example.com')
    await dialog.getByLabel('Долгосрочный токен', { exact: false }).last().fill(amo.token)
    await dialog.getByRole('button', { name: 'Подключить', exact: true }).click()
    await dialog.locator('[aria-invalid=true]').waitFor()
    await dialog.getByLabel('Адрес портала').fill(amo.account)
    await dialog.getByRole('button', { name: 'Подключить', exact: true }).click()
    await page.locator('[data-portal=connected]').waitFor()
    await axe(page, 'a portal')
  })

  await check('AMO-1: what came of the consent is told once', async () => {
    await page.goto('/cabinet/crm?error=host')
    await page.getByText('неизвестный адрес портала').waitFor()
    await page.reload()
    await page.locator('[data-portal]').waitFor()
    assert.equal(await page.locator('[data-came]').count(), 0)
  })

  await need('AMO-2: an integration is made, and passes a channel', async () => {
    await page.getByRole('button', { name: 'Создать интеграцию' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Создать интеграцию' }).click()
    await page.getByRole('heading', { name: 'Основная' }).waitFor()
    await page.getByLabel('Чаты', { exact: false }).first().check()
    await page.getByRole('checkbox', { name: /dveri-grad/ }).check()
    await save()
    await page.reload()
    assert.ok(await page.getByRole('checkbox', { name: /dveri-grad/ }).isChecked())
    assert.ok(await page.getByLabel(/Искать существующего клиента/).isChecked())
  })

  await check('CRM-6: the first page of the cabinet tells how passing on to the CRM stands', async () => {
    await page.goto('/cabinet')
    const health = page.locator('[data-crm-health]')
    await health.getByText('всё передано').waitFor()
    await axe(page, 'the overview beside a CRM')
    await health.getByRole('listitem').getByRole('link').click()
    await page.locator('[data-portal=connected]').waitFor()
    await page.getByRole('link', { name: /Основная/ }).first().click()
  })

  await check('AMO-9: a template takes a parameter at the caret, and the server shows what comes of it', async () => {
    await tab('Шаблоны названий')
    const deal = page.getByLabel('Название сделки', { exact: true })
    await deal.fill('Чат ')
    await page.getByRole('group', { name: 'Вставить параметр: Название сделки' }).getByText('Номер обращения').click()
    await page.locator('[data-preview=deal]').getByText(/^Чат \d+$/).waitFor()
    await save()
  })

  await check('AMO-10, AMO-11: funnels come from the live list; a rule needs a stage', async () => {
    await tab('Воронки и этапы')
    await page.locator('[data-live=fresh]').waitFor()
    await page.getByRole('button', { name: 'Добавить правило' }).click()
    await page.getByLabel('Воронка', { exact: true }).last().selectOption({ label: 'Повторные продажи' })
    await page.getByLabel('Значения').fill('Осень')
    await page.getByLabel('Значения').press('Enter')
    await save()
  })

  await check('AMO-5, AMO-7: tasks and tags are kept', async () => {
    await tab('Задачи')
    await page.getByLabel(/Создавать задачи/).check()
    await tab('Тегирование')
    await page.getByLabel(/Тегирование чатов/).check()
    await page.getByRole('button', { name: 'Добавить тег' }).click()
    await page.getByLabel('Тег 1', { exact: true }).fill('Беседа')
    await save()
    await page.reload()
    assert.equal(await page.getByLabel('Тег 1', { exact: true }).inputValue(), 'Беседа')
  })

  await check('AMO-4: names and funnels are greyed with the reason', async () => {
    await tab('Основные')
    await page.getByLabel(/Использовать «Неразобранное»/).check()
    await tab('Воронки и этапы')
    await page.getByText('Распределение по воронкам не действует').waitFor()
    await axe(page, 'greyed funnels')
    await tab('Шаблоны названий')
    await page.getByText('Названия контакта и сделки не действуют').waitFor()
    await bar.getByRole('button', { name: 'Отмена' }).click()
  })

  await check('what is not saved is kept from the browser’s Back; the tabs are one page', async () => {
    await page.goto('/cabinet/crm')
    await page.getByRole('link', { name: /Основная/ }).first().click()
    await tab('Тегирование')
    await page.getByLabel('Тег 1', { exact: true }).fill('Ещё')
    await tab('Задачи')
    await page.goBack()
    await page.getByLabel('Тег 1', { exact: true }).waitFor()
    await page.goBack()
    await page.getByLabel('Название интеграции').waitFor()
    await page.goBack()
    await page.getByRole('dialog').getByText('ещё не сохранены').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Остаться' }).click()
    await tab('Тегирование')
    assert.equal(await page.getByLabel('Тег 1', { exact: true }).inputValue(), 'Ещё')
    await bar.getByRole('button', { name: 'Отмена' }).click()
  })

  await check('a list that is too long, and a mark without a name, are told in words at their place', async () => {
    for (let n = 2; n <= 21; n++) {
      await page.getByRole('button', { name: 'Добавить тег' }).click()
      await page.getByLabel(`Тег ${n}`, { exact: true }).fill(`Тег ${n}`)
    }
    await bar.getByRole('button', { name: 'Сохранить' }).click()
    await page.getByText('может быть не больше 20').waitFor()
    await bar.getByRole('button', { name: 'Отмена' }).click()
    await tab('Фильтрация')
    await page.getByLabel(/Передавать по условиям/).check()
    await page.getByLabel('Параметр обращения').selectOption({ label: 'Другая метка UTM' })
    await bar.getByRole('button', { name: 'Сохранить' }).click()
    await page.getByText('Впишите название метки').waitFor()
    await axe(page, 'a mark without a name')
    await bar.getByRole('button', { name: 'Отмена' }).click()
  })

  await check('what somebody else saved meanwhile is not overwritten', async () => {
    const { items } = await company.api.get('/crm/integrations')
    const { integration_id, revision, name, enabled, settings } = items[0]
    await tab('История')
    await page.getByLabel('По ходу разговора').check()
    await company.api.put(`/crm/integrations/${integration_id}`, { revision, name, enabled, settings })
    await bar.getByRole('button', { name: 'Сохранить' }).click()
    await page.getByText('сохранил кто-то ещё').waitFor()
    await page.getByRole('button', { name: 'Загрузить новые' }).click()
    await bar.waitFor({ state: 'detached' })
  })

  /** The only integration, changed by another admin. */
  const another = async (change) => {
    const { items } = await company.api.get('/crm/integrations')
    const { integration_id, revision, name, enabled, settings } = items[0]
    await company.api.put(`/crm/integrations/${integration_id}`, { revision, name, enabled, settings: { ...settings, ...change } })
  }
  const stored = async () => (await company.api.get('/crm/integrations')).items[0].settings

  await check('two admins at once: what the other saved elsewhere is kept together with mine', async () => {
    await tab('История')
    await page.getByLabel(/Передавать файлы/).check()
    await another({ tasks: { due_minutes: 90, owner: 'contact_card' } })
    // It is told before saving: the page hears of it.
    await bar.getByText('кто-то ещё сохранил: «Задачи»').waitFor()
    await axe(page, 'somebody else saved')
    await shot(page, 'stale')
    await bar.getByRole('button', { name: 'Перенести мои изменения' }).click()
    await save()
    assert.deepEqual([(await stored()).files, (await stored()).tasks.due_minutes], [true, 90])
  })

  await check('two admins at once: where both changed the same it is said whose choice would stand', async () => {
    await tab('Задачи')
    await page.getByLabel('Срок задачи', { exact: true }).fill('45')
    await another({ tasks: { due_minutes: 15, owner: 'contact_card' } })
    await bar.getByText('Изменили оба: «Задачи»').waitFor()
    await bar.getByRole('button', { name: 'Загрузить новые' }).click()
    await bar.waitFor({ state: 'detached' })
    assert.equal(await page.getByLabel('Срок задачи', { exact: true }).inputValue(), '15')
  })

  await check('what another admin saved is shown at once where nothing is being changed', async () => {
    await another({ tasks: { due_minutes: 20, owner: 'contact_card' } })
    await until(async () => (await page.getByLabel('Срок задачи', { exact: true }).inputValue()) === '20', { what: 'the new time' })
    assert.equal(await bar.count(), 0)
  })

  await check('a server that fails or is not reached loses nothing of what was typed', async () => {
    await tab('История')
    await page.getByLabel('Не передавать', { exact: true }).check()
    for (const [answer, said] of [
      [(route) => route.fulfill({ status: 500, contentType: 'text/plain', body: 'oops' }), 'Не получилось'],
      [(route) => route.abort(), 'Нет связи с сервером'],
    ]) {
      await page.route('**/api/v1/crm/integrations/*', (route) => (route.request().method() === 'PUT' ? answer(route) : route.fallback()))
      await bar.getByRole('button', { name: 'Сохранить' }).click()
      await bar.getByText(said).waitFor()
      assert.ok(await page.getByLabel('Не передавать', { exact: true }).isChecked())
      await page.unroute('**/api/v1/crm/integrations/*')
    }
    await page.getByRole('link', { name: 'Интеграции CRM' }).first().click()
    await page.getByRole('dialog').getByRole('button', { name: 'Остаться' }).click()
    await bar.getByRole('button', { name: 'Отмена' }).click()
  })

  await check('an integration that is off says so, and is switched on where one is', async () => {
    const { items } = await company.api.get('/crm/integrations')
    const { integration_id, revision, name, settings } = items[0]
    await company.api.put(`/crm/integrations/${integration_id}`, { revision, name, settings, enabled: false })
    await page.getByText('Интеграция выключена: правила сохраняются').waitFor()
    await page.getByRole('button', { name: 'Включить', exact: true }).click()
    await save()
    await page.getByText('Интеграция выключена').waitFor({ state: 'detached' })
  })

  await check('a wrong setting marks its tab and stands at its field', async () => {
    await tab('Тегирование')
    await page.getByRole('button', { name: 'Добавить тег' }).click()
    await tab('Задачи')
    await page.getByLabel('Срок задачи', { exact: true }).fill('0')
    await bar.getByRole('button', { name: 'Сохранить' }).click()
    await page.getByRole('tab', { name: /есть ошибка/ }).first().waitFor()
    await page.locator('[role=tabpanel] [aria-invalid=true]').first().waitFor()
    await axe(page, 'mistakes')
    await bar.getByRole('button', { name: 'Отмена' }).click()
  })

  await check('BY-6: a dry run says what would be made, by which rule, and writes nothing', async () => {
    const before = (await account()).leads?.length ?? 0
    await tab('Проверка')
    await page.getByRole('button', { name: 'Проверить' }).click()
    await page.getByText('Будет создано', { exact: true }).waitFor()
    await page.locator('[data-tried]').getByText('AMO-3').first().waitFor()
    await axe(page, 'the dry run')
    await page.locator('[data-tried]').getByText('Теги:').first().waitFor()
    assert.equal((await account()).leads?.length ?? 0, before)
    // One goes to mend something and comes back to what was tried.
    await tab('Задачи')
    await tab('Проверка')
    await page.locator('[data-tried]').waitFor()
  })

  await check('CRM-6: a visitor writes; the journal shows rule, calls and card', async () => {
    const visitor = await stage.visitor(site)
    await visitor.say('Сколько стоит дверь?')
    await tab('Журнал')
    await until(
      async () => {
        await page.reload()
        await page.locator('[data-journal], [class*=text-center]').first().waitFor()
        return page.locator('[data-journal] button').count()
      },
      { within: 40_000, every: 2000, what: 'an entry of the journal' },
    )
    await axe(page, 'the journal')
    await page.locator('[data-journal] button').first().click()
    await page.getByRole('heading', { name: 'Что сделано' }).waitFor()
    await page.locator('[data-run] details').first().locator('summary').first().click()
    await axe(page, 'an entry of the journal')
    await shot(page, 'run')
    // It has an address of its own, and the list is narrowed by its address.
    await page.reload()
    await page.getByRole('heading', { name: 'Что сделано' }).waitFor()
    await page.getByRole('button', { name: 'Журнал' }).click()
    await page.getByLabel('Результат').selectOption('failed')
    await page.getByText('По этому отбору записей нет').waitFor()
    await page.reload()
    assert.equal(await page.getByLabel('Результат').inputValue(), 'failed')
    await page.getByLabel('Результат').selectOption('')
    await page.getByLabel('Номер обращения').fill('987654')
    await page.getByRole('button', { name: 'Найти' }).click()
    await page.getByText('Обращения № 987654 нет').waitFor()
    await page.getByLabel('Номер обращения').fill('')
    await page.locator('[data-journal]').waitFor()
  })

  await check('BY-6: a past conversation is tried, by its number', async () => {
    const { number } = (await company.api.get('/conversations?limit=1')).items[0]
    await tab('Проверка')
    await page.getByLabel('Прошлом обращении').check()
    await page.getByLabel('Номер обращения').fill('987654')
    await page.getByRole('button', { name: 'Проверить' }).click()
    await page.getByText('Обращения № 987654 нет').waitFor()
    await page.getByLabel('Номер обращения').fill(String(number))
    await page.getByRole('button', { name: 'Проверить' }).click()
    await page.locator('[data-tried]').getByText('AMO-3').first().waitFor()
  })

  await check('CRM-6: why nothing was created is answered and mended, and the decision is made anew', async () => {
    const { items } = await company.api.get('/crm/integrations')
    const gate = { verdict: 'allow', when: { is: 'param', param: 'visit.campaign', by: 'equals', values: ['Осень'] } }
    await another({ filter: gate })
    const visitor = await stage.visitor(site)
    await visitor.say('Почему меня нет в CRM?')
    await page.goto(`/cabinet/crm/${items[0].integration_id}/log?state=nothing`)
    await page.locator('[data-journal] button').first().click({ timeout: 30_000 })
    await page.getByText('Почему ничего не создано').waitFor()
    await axe(page, 'nothing was made')
    await shot(page, 'nothing')
    const run = page.url()
    await page.getByRole('button', { name: 'Исправить в настройках' }).click()
    await page.getByLabel(/Передавать по условиям/).uncheck()
    await save()
    const before = (await account()).leads.length
    await page.goto(run)
    await page.getByRole('button', { name: 'Повторить' }).click()
    await page.getByText('Вместо этого решения принято другое').waitFor()
    await until(async () => (await account()).leads.length === before + 1, { within: 20_000, what: 'a deal of the decision made anew' })
    await page.getByRole('link', { name: /^Все записи обращения/ }).click()
    await page.locator('[data-journal]').getByText(/^Создан/).waitFor({ timeout: 20_000 })
  })

  const tabs = ['', 'tasks', 'filter', 'tags', 'names', 'funnels', 'employees', 'fields', 'history', 'chats', 'try', 'log']
  for (const language of ['en', 'ru'])
    await check(`every tab is accessible, ${language}, light and dark`, async () => {
      const { items } = await company.api.get('/crm/integrations')
      const one = await stage.person({ as: company.owner, language, width: 1280 })
      for (const name of tabs) {
        await one.page.goto(`/cabinet/crm/${items[0].integration_id}/${name}`)
        await one.page.getByRole('tabpanel').waitFor()
        await axe(one.page, `${name || 'main'}, light`)
        await one.page.emulateMedia({ colorScheme: 'dark' })
        // The theme changes colours alone.
        await axe(one.page, `${name || 'main'}, dark`, ['color-contrast'])
        await one.page.emulateMedia({ colorScheme: 'light' })
      }
      await one.context.close()
    })

  await check('CRM-1: the channel has the four switches on its own page', async () => {
    await page.goto(`/cabinet/channels/${site.channel_id}/crm`)
    await page.getByLabel(/Передавать по интеграции «Основная»/).waitFor()
    await page.getByLabel(/Обновлять данные контакта/).check()
    await page.getByRole('button', { name: 'Сохранить' }).click()
    await page.getByText('Сохранено').waitFor()
    await axe(page, 'the CRM tab of a channel')
    const { items } = await company.api.get('/crm/integrations')
    assert.equal(items[0].settings.channels[0].update_contact, true)
  })

  await check('AMO-1: a portal is disconnected with its rules kept, and the same account goes on with them', async () => {
    await page.goto('/cabinet/crm')
    await page.getByRole('button', { name: /^Отключить/ }).click()
    await page.getByRole('dialog').getByText('Настройки интеграций').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Отключить' }).click()
    await page.locator('[data-portal=disconnected]').waitFor()
    await page.getByText('портал отключён: ничего не передаётся').waitFor()
    await axe(page, 'a portal that is disconnected')
    const before = (await company.api.get('/crm/integrations')).items
    await page.getByRole('button', { name: /^Подключить заново/ }).click()
    const dialog = page.getByRole('dialog')
    // The sandbox is reached by another address than its name.
    await dialog.getByLabel('Адрес портала').fill(amo.account)
    await dialog.getByLabel('Долгосрочный токен', { exact: false }).last().fill(amo.token)
    await dialog.getByRole('button', { name: 'Подключить', exact: true }).click()
    await page.locator('[data-portal=connected]').waitFor()
    assert.deepEqual((await company.api.get('/crm/integrations')).items.map((one) => one.integration_id), before.map((one) => one.integration_id))
  })

  await check('AMO-1: to delete a portal is an act of its own that names what goes', async () => {
    const [{ name }] = (await company.api.get('/crm/integrations')).items
    await page.getByRole('button', { name: /^Отключить/ }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Отключить' }).click()
    await page.getByRole('button', { name: /^Удалить портал/ }).click()
    await page.getByRole('dialog').getByText(`«${name}»`, { exact: false }).last().waitFor()
    await axe(page, 'what goes with a portal')
    await page.getByRole('dialog').getByRole('button', { name: 'Удалить портал' }).click()
    await page.getByText('CRM ещё не подключена').waitFor()
  })

  await check('who may not manage the account is told whose the choice is', async () => {
    const operator = await company.employee('Олег Петров')
    const other = await stage.person({ as: operator })
    await other.page.goto('/cabinet/crm')
    await other.page.getByText('У вас нет доступа к этому разделу').waitFor()
  })
}
