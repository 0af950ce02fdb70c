// The desk beside amoCRM: the deal in the card, its stage by a list, what the CRM did in the conversation.
import assert from 'node:assert/strict'
import { desk, row, tab } from './stage/desk.mjs'

export const name = 'crm-desk'

export async function run(stage) {
  const { check, need, axe, shot, until } = stage
  const company = await stage.company()
  const bot = await company.telegram()
  const amo = await stage.server.amo()
  const { api } = company
  const anna = await bot.customer('Анна')
  const { page, wear } = await desk(stage, company.owner)
  const card = page.getByRole('complementary', { name: 'Карточка клиента' })
  const block = card.locator('[data-crm]')
  const choice = block.locator('[data-stage]')
  const log = page.getByRole('log')
  const crm = (id) => api.get(`/conversations/${id}/crm`)
  let c

  await check('a company without a CRM has no word of it', async () => {
    const oleg = await bot.customer('Олег')
    await oleg.say('Здравствуйте, есть замки?')
    await row(page, 'есть замки').click()
    await card.getByText('Источник', { exact: true }).first().waitFor()
    assert.equal(await block.count(), 0)
  })

  const portal = await api.post('/crm/portals', { kind: 'amo', address: amo.account, token: amo.token })
  // It is pulled when the portal is connected.
  const { pipelines, users } = await until(
    async () => {
      const told = await api.get(`/crm/portals/${portal.portal_id}/directory`)
      return told.pipelines.length > 0 && told
    },
    { within: 20_000, what: 'the funnels are known' },
  )
  const funnel = pipelines.find((one) => one.main) ?? pipelines[0]
  const integration = await api.post('/crm/integrations', {
    portal_id: portal.portal_id,
    name: 'Основная',
    enabled: true,
    settings: {
      crm: 'amo',
      version: 1,
      channels: [{ channel: bot.channel_id, create_contact: true, create_deal: true, find_existing: true, update_contact: false }],
      method: { method: 'contact_and_deal' },
      names: { deal: 'Дверь для Анны' },
      responsible: { default: users[0].id },
    },
  })

  await need('CRM-4: contact and deal are told in one line, and counted as no message', async () => {
    await anna.say('Сколько стоит дверь?')
    c = (await company.conversation('Сколько стоит')).conversation_id
    await until(async () => (await crm(c)).portals[0]?.deals.length, { within: 30_000, what: 'a deal' })
    await row(page, 'Сколько стоит').getByRole('img', { name: /^1 / }).waitFor()
    await row(page, 'Сколько стоит').click()
    await log.getByText('amoCRM: создан контакт «Анна», создана сделка «Дверь для Анны»').waitFor()
    const link = log.getByRole('link', { name: '«Дверь для Анны»' })
    assert.match(await link.getAttribute('rel'), /noopener/)
    assert.equal(await link.getAttribute('target'), '_blank')
  })

  await check('after reading the list anew one message is one still', async () => {
    await page.goto('/desk/new')
    await row(page, 'Сколько стоит').waitFor()
    await anna.say('И ещё: замок входит?')
    await row(page, 'замок входит').getByRole('img', { name: /^1 / }).waitFor()
    await page.reload()
    await row(page, 'замок входит').getByRole('img', { name: /^1 / }).waitFor()
  })

  await need('the card has the deal: its name, funnel, stage and contact', async () => {
    await row(page, 'замок входит').click()
    await block.getByRole('link', { name: 'Дверь для Анны' }).waitFor()
    await block.getByRole('link', { name: 'Анна', exact: true }).waitFor()
    await choice.waitFor()
    assert.equal(await block.getByRole('img', { name: /^Этап 1 из/ }).count(), 1)
    await axe(page, 'a deal in the card')
  })

  await check('the block in both languages, light and dark', async () => {
    for (const language of ['ru', 'en'])
      for (const theme of ['light', 'dark']) {
        await wear(theme, language)
        await page.locator('[data-crm] [data-stage]').waitFor()
        await axe(page, `${language}, ${theme}`)
        await shot(page, `card-${language}-${theme}`)
      }
    await wear('light', 'ru')
    await choice.waitFor()
  })

  await need('CRM-5: a stage chosen in the list moves the deal; what is on its way is shown so', async () => {
    await choice.click()
    await page.getByRole('menu').waitFor()
    await axe(page, 'the list of stages')
    await shot(page, 'stages')
    const item = page.getByRole('menuitem').nth(2)
    const to = (await item.textContent()).trim()
    await item.click()
    await block.locator('[data-stage=known]').getByText(to, { exact: true }).waitFor({ timeout: 30_000 })
    await log.getByText(`сделка на этапе «${to}»`).waitFor()
    assert.equal(await block.getByText('Переводим').count(), 0)
    const { at } = (await crm(c)).portals[0].deals[0]
    assert.equal(pipelines.find((one) => one.id === at.pipeline).stages.find((one) => one.id === at.stage).name, to)
  })

  await check('by keys alone', async () => {
    await choice.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('menu').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('menu').waitFor({ state: 'detached' })
    assert.equal(await choice.evaluate((one) => one === document.activeElement), true)
  })

  await check('BY-5: another open deal of the customer is made the main one', async () => {
    const before = await crm(c)
    const { portal_id, deals } = before.portals[0]
    const move = (of, kind) =>
      api.post(`/conversations/${of}/crm/stage`, {
        portal_id,
        deal: deals[0].id,
        pipeline: funnel.id,
        stage: funnel.stages.find((one) => one.kind === kind).id,
      })
    await move(c, 'won')
    await until(async () => (await crm(c)).portals[0].deals[0].closed, { within: 30_000, what: 'the deal is won' })
    await block.getByRole('img', { name: 'Успешно закрыта' }).waitFor()
    await api.post(`/conversations/${c}/close`)
    await anna.say('Хочу вторую дверь')
    const again = (await company.conversation('вторую дверь')).conversation_id
    assert.notEqual(again, c)
    await until(async () => (await crm(again)).portals[0]?.deals.length === 2, { within: 30_000, what: 'a second deal' })
    await move(again, 'open')
    await until(async () => (await crm(again)).portals[0].deals.every((one) => !one.closed), { within: 30_000, what: 'both are open' })
    await page.goto('/desk/new')
    await row(page, 'вторую дверь').click()
    await block.getByText('Ещё 1 сделка клиента').click()
    await axe(page, 'other deals')
    await shot(page, 'others')
    const first = deals[0].id
    await block.getByRole('button', { name: /^Сделать основной/ }).click()
    await block.locator(`[data-deal="${first}"]`).waitFor({ timeout: 30_000 })
    await block.getByText('Меняем основную').waitFor({ state: 'detached' })
  })

  await check('a stage that the CRM has no more is refused in words', async () => {
    await page.route('**/crm/stage', (route) =>
      route.continue({ postData: JSON.stringify({ ...route.request().postDataJSON(), stage: '999' }) }),
    )
    await choice.click()
    await page.getByRole('menuitem').nth(3).click()
    await page.getByText('Такого этапа нет').waitFor()
    await block.locator('[data-stage=known]').waitFor()
    await page.unroute('**/crm/stage')
  })

  /** Lets the page be told something else of the CRM than the server says; answers how to stop that. */
  const told = async (change) => {
    const address = /conversations\/[^/]+\/crm$/
    await page.route(address, async (route) => {
      const answer = await route.fetch()
      const view = await answer.json()
      change(view, view.portals[0])
      await route.fulfill({ response: answer, json: view })
    })
    return () => page.unrouteAll({ behavior: 'wait' })
  }

  /** What a person does on the sandbox's page of the account. */
  const there = async (what, body = {}) => {
    const { accounts } = await fetch(`${amo.url}/sandbox/state`).then((r) => r.json())
    const { id } = accounts.find((one) => one.subdomain === amo.account)
    const send = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }
    const answer = await fetch(`${amo.url}/sandbox/accounts/${id}/${what}`, send)
    assert.ok(answer.ok, `${what}: ${answer.status}`)
  }
  const moveBy = async (name) => {
    await choice.click()
    await page.getByRole('menuitem', { name, exact: true }).first().click()
  }
  const known = (name) => block.locator('[data-stage=known]').getByText(name, { exact: true })
  const open = funnel.stages.filter((one) => one.kind === 'open')

  await check('CRM-5: a stage moved while the CRM is down waits, after a reload too and for everybody, and is done then', async () => {
    const [, , to, other] = open
    await there('faults', { outage: 'unavailable' })
    try {
      await moveBy(to.name)
      await block.locator('[data-stage=pending]').getByText(to.name, { exact: true }).waitFor()
      await block.getByText(new RegExp(`Перевод на этап «${to.name}» ждёт`)).waitFor({ timeout: 20_000 })
      await axe(page, 'a move that waits')
      await shot(page, 'waits')
      await page.reload()
      await block.getByText(new RegExp(`Перевод на этап «${to.name}» ждёт`)).waitFor()
      const oleg = await company.employee('Олег Петров')
      const colleague = await stage.person({ as: oleg, width: 1280 })
      await colleague.page.goto(new URL(page.url()).pathname)
      await colleague.page.locator('[data-crm] [data-stage=pending]').waitFor()
      // Whoever changes their mind orders another: the newest counts.
      await moveBy(other.name)
      await block.getByText(new RegExp(`«${other.name}»`)).first().waitFor()
      await colleague.context.close()
    } finally {
      await there('faults', { outage: 'no' })
    }
    await known(other.name).waitFor({ timeout: 60_000 })
    await block.getByText('ждёт').waitFor({ state: 'detached' })
  })

  await check('CRM-5: a move that amoCRM refuses is told with its reason, after a reload too, and is in the log', async () => {
    const shut = pipelines.find((one) => !one.main)
    await there('archive', { pipeline: Number(shut.id), on: true })
    try {
      await choice.click()
      const stages = shut.stages.filter((one) => one.kind === 'open')
      await page.getByRole('menuitem', { name: stages.at(-1).name, exact: true }).click()
      await block.getByText('не перевела сделку на этап').waitFor({ timeout: 30_000 })
      await block.getByText('Этого этапа в amoCRM больше нет').waitFor()
      await block.locator('[data-stage=known]').waitFor()
      await axe(page, 'a move that was refused')
      await shot(page, 'refused')
      await log.getByText(`не удалось перевести сделку на этап «${stages.at(-1).name}»`).waitFor()
      await page.reload()
      await block.getByText('Этого этапа в amoCRM больше нет').waitFor()
      await block.getByRole('link', { name: 'Подробно в журнале' }).click()
      await page.locator('[data-run=failed]').waitFor()
      await page.goBack()
    } finally {
      await there('archive', { pipeline: Number(shut.id), on: false })
    }
    // Another order takes the refusal's place.
    await moveBy(open[1].name)
    await known(open[1].name).waitFor({ timeout: 30_000 })
    assert.equal(await block.getByText('не перевела').count(), 0)
  })

  await check('CRM-6: an operator reads why, without the right to the settings', async () => {
    const vera = await company.employee('Вера Лис')
    const other = await stage.person({ as: vera, width: 1280 })
    await other.page.goto(new URL(page.url()).pathname)
    await other.page.locator('[data-crm]').getByRole('button', { name: 'Журнал CRM' }).click()
    const dialog = other.page.getByRole('dialog')
    await dialog.getByText('не удалось').first().waitFor()
    await dialog.getByText(/Создан/).first().waitFor()
    assert.equal(await dialog.getByRole('link').count(), 0)
    for (const theme of ['light', 'dark']) {
      await other.wear(theme)
      await axe(other.page, `the log of a conversation, ${theme}`)
    }
    await shot(other.page, 'log')
    await other.page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await other.context.close()
  })

  const standings = {
    interrupted: ['сейчас не отвечает', (view, card) => (card.state = 'interrupted')],
    stopped: ['остановлена', (view, card) => (card.state = 'stopped')],
    disconnected: ['Портал отключён', (view, card) => (card.state = 'disconnected')],
    unsorted: [
      'Ждёт в «Неразобранном»',
      (view, card) => {
        Object.assign(card, { contact: null, deals: [], waiting: true })
        card.unsorted = { id: '1', name: '', url: 'https://romashka.amocrm.ru/leads/detail/1' }
        card.task = { id: '2', name: 'Связаться с клиентом', url: null }
      },
    ],
    nothing: [
      'Не прошло отбор',
      (view, card) => {
        Object.assign(card, { contact: null, deals: [], task: null })
        view.why_nothing = { ru: 'Не прошло отбор интеграции.', en: 'The filter did not let it pass.' }
      },
    ],
  }
  for (const [what, [words, change]] of Object.entries(standings))
    await check(`the block says it in words: ${what}`, async () => {
      const stop = await told(change)
      await page.reload()
      await block.getByText(words).waitFor()
      assert.equal(await choice.count(), what === 'interrupted' ? 1 : 0)
      for (const theme of ['light', 'dark']) {
        await wear(theme)
        await axe(page, `${what}, ${theme}`)
      }
      await wear('light')
      await shot(page, what)
      await stop()
    })
  await page.reload()

  await check('a narrow screen', async () => {
    await page.setViewportSize({ width: 420, height: 800 })
    await page.getByRole('button', { name: 'Показать карточку' }).click()
    await block.scrollIntoViewIfNeeded()
    await axe(page, 'narrow')
    await shot(page, 'narrow')
    await page.setViewportSize({ width: 1600, height: 960 })
  })

  await check('a channel that is passed to no CRM any more keeps what was made', async () => {
    const { revision, name, settings } = await api.get(`/crm/integrations/${integration.integration_id}`)
    await api.put(`/crm/integrations/${integration.integration_id}`, { revision, name, settings, enabled: false })
    await page.reload()
    await choice.waitFor()
  })

  await tab(page, 'Новые').waitFor()
}
