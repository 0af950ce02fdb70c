// What a CRM tells and nobody understands: shown in the journal without secrets, settled by a person.
import assert from 'node:assert/strict'

export const name = 'crm-unread'

export async function run(stage) {
  const { check, need, axe, shot } = stage
  const company = await stage.company()
  const site = await company.site()
  const amo = await stage.server.amo()
  const { page, wear } = await stage.person({ as: company.owner, width: 1280, height: 800 })
  const box = page.locator('[data-quarantine]')
  let portal
  let hook
  const tells = (kind, body) => fetch(hook, { method: 'POST', headers: { 'content-type': kind }, body })

  await need('a portal that has sent what nobody understands', async () => {
    portal = await company.api.post('/crm/portals', { kind: 'amo', address: amo.account, token: amo.token })
    const settings = { crm: 'amo', channels: [{ channel: site.channel_id }] }
    const form = { portal_id: portal.portal_id, name: 'Продажи', enabled: false, settings }
    portal.integration = (await company.api.post('/crm/integrations', form)).integration_id
    const id = portal.portal_id.replace('prt_', '')
    hook = `${stage.server.base}/hooks/crm/${(await stage.sql(`select hook_key from portals where portal_id = '${id}'`)).trim()}`
    const form1 = 'robots%5Badd%5D%5B0%5D%5Bid%5D=7&robots%5Bname%5D=%D0%A0%D0%BE%D0%B1%D0%BE%D1%82+1&robots%5Btoken%5D=sesame'
    assert.equal((await tells('application/x-www-form-urlencoded', form1)).status, 200)
    assert.equal((await tells('application/json', '{"leads": ')).status, 200)
  })

  await check('S16: the portal’s card, the tab and the health of the company say how many there are', async () => {
    await page.goto('/cabinet/crm')
    await page.getByRole('link', { name: '2 сообщения CRM не поняты' }).waitFor()
    await axe(page, 'the card')
    await shot(page, 'card')
    await page.goto('/cabinet')
    await page.locator('[data-crm-health]').getByText('2 сообщения CRM не поняты').waitFor()
    await page.goto(`/cabinet/crm/${portal.integration}/log`)
    await page.getByRole('tab', { name: 'Журнал 2 сообщения CRM не поняты' }).waitFor()
    await box.getByText('не прочитать').waitFor()
    await axe(page, 'the tab')
    await shot(page, 'tab')
  })

  await check('S16: what came is read without secrets, in both languages and themes, in a narrow window', async () => {
    await page.goto('/cabinet/crm')
    await page.getByRole('link', { name: '2 сообщения CRM не поняты' }).click()
    const row = box.getByRole('listitem').filter({ hasText: 'ничего из того' })
    await row.getByRole('button', { name: 'Показать исходные данные' }).click()
    const raw = row.getByRole('region', { name: 'Что прислал сервис' })
    await raw.waitFor()
    assert.equal(await raw.innerText(), 'robots[add][0][id]=7\nrobots[name]=Робот 1\nrobots[token]=[hidden]')
    await axe(page, 'what came')
    await shot(page, 'raw')
    await page.setViewportSize({ width: 420, height: 800 })
    await shot(page, 'raw-narrow')
    await wear('dark', 'en')
    await box.getByText('cannot be read').waitFor()
    await axe(page, 'what came, dark, in English')
    await shot(page, 'dark-en-narrow')
    await page.setViewportSize({ width: 1280, height: 800 })
    await shot(page, 'dark-en')
    await wear('light', 'ru')
  })

  await check('S16: settled ones go, a new one shows by itself, the last one takes the place away', async () => {
    await box.getByRole('button', { name: 'Разобрано' }).first().click()
    await box.getByText('не прочитать').waitFor({ state: 'detached' })
    await tells('application/json', '[')
    await box.getByText('не прочитать').waitFor()
    for (const left of [1, 0]) {
      await box.getByRole('button', { name: 'Разобрано' }).first().click()
      await stage.until(async () => (await box.getByRole('button', { name: 'Разобрано' }).count()) === left, { what: `${left} left` })
    }
    await box.waitFor({ state: 'detached' })
    await page.goto('/cabinet/audit')
    await page.getByText('разбирает непонятое сообщение CRM').first().waitFor()
  })
}
