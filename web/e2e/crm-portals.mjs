// Portals of amoCRM: connected by an integration of the company's own, disconnected with the rules kept, an
// integration that changes its portal, a portal deleted by an act of its own.
import assert from 'node:assert/strict'

export const name = 'crm-portals'

/** A server that others reach, and that has no keys of an application. */
const settings = ({ base }) => ({ BESEDA_PUBLIC_URL: `${base}/` })

export async function run(stage) {
  await stage.apart(settings, walk)
}

async function walk(stage) {
  const { check, need, axe, shot } = stage
  const company = await stage.company()
  const { page, wear } = await stage.person({ as: company.owner, width: 1280, height: 800 })
  const amo = await stage.server.amo()
  const site = await company.site()
  const dialog = page.getByRole('dialog')
  const card = (state) => page.locator(`[data-portal=${state}]`)

  await check('AMO-1: without keys of the server the dialog offers an integration of one’s own and shows its addresses', async () => {
    await page.goto('/cabinet/crm')
    await page.getByRole('button', { name: 'Подключить amoCRM' }).click()
    await dialog.getByText('нет ключей приложения').waitFor()
    assert.equal(await dialog.getByLabel('Своя интеграция').isChecked(), true)
    const back = await dialog.getByLabel('Ссылка для перенаправления').inputValue()
    assert.equal(back, `${stage.base}/api/v1/crm/oauth/amo`)
    await axe(page, 'keys of one’s own')
    await shot(page, 'own')
    await page.setViewportSize({ width: 420, height: 800 })
    await shot(page, 'own-narrow')
    await wear('dark', 'en')
    await page.getByRole('button', { name: 'Connect amoCRM' }).click()
    await axe(page, 'keys of one’s own, dark, in English')
    await shot(page, 'own-dark-en')
    await wear('light', 'ru')
    await page.setViewportSize({ width: 1280, height: 800 })
  })

  await check('AMO-1: keys that cannot be keys are told at their field', async () => {
    await page.goto('/cabinet/crm')
    await page.getByRole('button', { name: 'Подключить amoCRM' }).click()
    await dialog.getByLabel('ID интеграции').fill('5a1b-77')
    await dialog.getByLabel('Секретный ключ').fill('5a1b-77')
    await dialog.getByRole('button', { name: 'Перейти в amoCRM' }).click()
    await dialog.getByText('Это ID интеграции').waitFor()
    await dialog.getByLabel('Секретный ключ').fill('s3cret')
    await dialog.getByRole('button', { name: 'Перейти в amoCRM' }).click()
    await page.waitForURL((url) => url.href.startsWith(`${amo.url}/oauth`))
    assert.equal(new URL(page.url()).searchParams.get('client_id'), '5a1b-77')
  })

  await need('CRM-7: a portal by a token; what came of a consent is told in words', async () => {
    await page.goto('/cabinet/crm?error=unpaid')
    await page.getByText('Аккаунт amoCRM не оплачен').waitFor()
    await page.getByRole('button', { name: 'Подключить amoCRM' }).click()
    await dialog.getByLabel('Долгосрочный токен (LITE)').check()
    await dialog.getByLabel('Адрес портала').fill(amo.account)
    await dialog.getByLabel('Долгосрочный токен', { exact: false }).last().fill(amo.token)
    await dialog.getByRole('button', { name: 'Подключить', exact: true }).click()
    await card('connected').waitFor()
  })

  await need('an integration with rules', async () => {
    const [portal] = (await company.api.get('/crm/portals')).items
    await company.api.post('/crm/integrations', {
      portal_id: portal.portal_id,
      name: 'Продажи',
      enabled: true,
      settings: { crm: 'amo', channels: [{ channel: site.channel_id }] },
    })
    await page.goto('/cabinet/crm')
    await page.getByRole('link', { name: /Продажи/ }).waitFor()
  })

  await need('AMO-1: a portal is disconnected with its rules kept, and the same account goes on with them', async () => {
    await page.getByRole('button', { name: /^Отключить/ }).click()
    await dialog.getByText('Настройки интеграций').waitFor()
    await axe(page, 'what it means to disconnect')
    await shot(page, 'disconnect')
    await dialog.getByRole('button', { name: 'Отключить' }).click()
    await card('disconnected').waitFor()
    await page.getByText('портал отключён: ничего не передаётся').waitFor()
    await axe(page, 'a portal that is disconnected')
    await shot(page, 'disconnected')
    await wear('dark', 'en')
    await card('disconnected').waitFor()
    await axe(page, 'a portal that is disconnected, dark, in English')
    await shot(page, 'disconnected-dark-en')
    await wear('light', 'ru')
    await card('disconnected').waitFor()
    await page.setViewportSize({ width: 420, height: 800 })
    await shot(page, 'disconnected-narrow')
    await page.setViewportSize({ width: 1280, height: 800 })
  })

  await check('AMO-1: where there is no other portal, changing it says so', async () => {
    await page.getByRole('button', { name: 'Сменить портал: «Продажи»' }).click()
    await dialog.getByText('Другого подключённого портала нет').waitFor()
    await page.keyboard.press('Escape')
  })

  await check('AMO-1: the same account again is the same portal with the same rules', async () => {
    const before = (await company.api.get('/crm/integrations')).items.map((one) => one.integration_id)
    await page.getByRole('button', { name: /^Подключить заново/ }).click()
    // The sandbox is reached by another address than its name.
    await dialog.getByLabel('Адрес портала').fill(amo.account)
    await dialog.getByLabel('Долгосрочный токен', { exact: false }).last().fill(amo.token)
    await dialog.getByRole('button', { name: 'Подключить', exact: true }).click()
    await card('connected').waitFor()
    const after = (await company.api.get('/crm/integrations')).items.map((one) => one.integration_id)
    assert.deepEqual(after, before)
  })

  await check('AMO-1: to delete a portal is an act of its own that names what goes', async () => {
    await page.getByRole('button', { name: /^Отключить/ }).click()
    await dialog.getByRole('button', { name: 'Отключить' }).click()
    await page.getByRole('button', { name: /^Удалить портал/ }).click()
    await dialog.getByText('«Продажи»', { exact: false }).last().waitFor()
    await axe(page, 'what goes with a portal')
    await shot(page, 'delete')
    await dialog.getByRole('button', { name: 'Удалить портал' }).click()
    await page.getByText('CRM ещё не подключена').waitFor()
  })

  await need('AMO-1: a portal is connected by an integration of one’s own, and says whose it is', async () => {
    const { accounts } = await fetch(`${amo.url}/sandbox/state`).then((r) => r.json())
    const own = await fetch(`${amo.url}/sandbox/accounts/${accounts[0].id}`).then((r) => r.json())
    const [{ client_id, client_secret }] = own.integrations
    await page.getByRole('button', { name: 'Подключить amoCRM' }).click()
    await dialog.getByLabel('ID интеграции').fill(client_id)
    await dialog.getByLabel('Секретный ключ').fill(client_secret)
    await dialog.getByRole('button', { name: 'Перейти в amoCRM' }).click()
    await page.getByLabel('Аккаунт').selectOption('vasilek')
    await page.getByRole('button', { name: 'Разрешить' }).click()
    await page.getByText('amoCRM подключена').waitFor()
    await card('connected').getByText('Своя интеграция').waitFor()
    await axe(page, 'a portal of one’s own integration')
    await shot(page, 'own-portal')
    await page.getByRole('button', { name: /^Подключить заново/ }).click()
    await dialog.getByText(client_id, { exact: false }).waitFor()
    assert.ok(!(await page.content()).includes(client_secret))
    await axe(page, 'keys that are kept')
    await shot(page, 'own-kept')
    await page.keyboard.press('Escape')
  })

  await check('AMO-1: an integration changes its portal, is off where the other lacks something, and says so', async () => {
    const [own] = (await company.api.get('/crm/portals')).items
    const lists = await company.api.get(`/crm/portals/${own.portal_id}/directory`)
    await company.api.post('/crm/integrations', {
      portal_id: own.portal_id,
      name: 'Заявки',
      enabled: true,
      settings: { crm: 'amo', channels: [{ channel: site.channel_id }], responsible: { default: lists.users[0].id } },
    })
    await company.api.post('/crm/portals', { kind: 'amo', address: amo.account, token: amo.token })
    await page.goto('/cabinet/crm')
    await card('connected').nth(1).waitFor()
    await page.getByRole('button', { name: 'Сменить портал: «Заявки»' }).click()
    await axe(page, 'another portal')
    await shot(page, 'move')
    await dialog.getByRole('button', { name: 'Сменить портал' }).click()
    await page.getByText('Портал сменён, интеграция выключена').waitFor()
    await page.getByText('ООО «Ромашка» · контакт и сделка', { exact: false }).waitFor()
    await shot(page, 'moved')
    const [moved] = (await company.api.get('/crm/integrations')).items
    assert.equal(moved.enabled, false)
    assert.deepEqual(moved.warnings.map((one) => one.code), ['responsible_inactive'])
  })
}
