// The messengers of a company, connected in the browser as somebody new would, and a talk in each: from
// the customer's phone in the sandbox to the desk and back.
import assert from 'node:assert/strict'

export const name = 'messengers'

/** Services that call us need an address of ours; Avito asks for consent with an application's keys. */
const settings = ({ base, door }) => ({
  BESEDA_PUBLIC_URL: base,
  BESEDA_CHANNELS__AVITO__CLIENT_ID: 'beseda-demo-app',
  BESEDA_CHANNELS__AVITO__CLIENT_SECRET: 'beseda-demo-app-secret',
  BESEDA_CHANNELS__AVITO__API: `http://127.0.0.1:${door + 4}`,
  BESEDA_CHANNELS__AVITO__CONSENT: `http://127.0.0.1:${door + 4}/oauth`,
})

export async function run(stage) {
  if (process.env.BESEDA_URL) return console.log('     messengers: skipped, it needs a server with settings of its own')
  await stage.apart(settings, walk)
}

/** What a person of the sandbox does, and what their phone shows. */
async function phone(url, account, person) {
  const chat = `${url}/sandbox/chats/${account}${person ? `/${person}` : ''}`
  return {
    say: async (what) => {
      const headers = { 'Content-Type': 'application/json' }
      const answer = await fetch(`${chat}/text`, { method: 'POST', headers, body: JSON.stringify(what) })
      assert.equal(answer.status, 200, await answer.text())
    },
    shows: async () => (await fetch(chat)).text(),
  }
}

const state = async (url) => (await fetch(`${url}/sandbox/state`)).json()

async function walk(stage) {
  const { check, axe, shot, until, server } = stage
  const company = await stage.company()
  await company.owner.online()
  const { page, wear } = await stage.person({ as: company.owner })
  const works = () => page.getByText('работает', { exact: true }).first().waitFor()
  const advanced = async (label, value) => {
    await page.getByRole('button', { name: 'Ещё настройки' }).click()
    await page.getByLabel(label).first().fill(value)
  }
  const connect = async () => {
    await page.getByRole('button', { name: 'Подключить', exact: true }).click()
    await page.waitForURL(/channels\/chn_/)
  }
  /** A customer writes, the desk shows it and answers, the customer's phone shows the answer. */
  const talk = async (customer, { says, answer, more = {} }) => {
    await customer.say({ text: says, ...more })
    await page.goto('/desk/new')
    await page.getByRole('button', { name: new RegExp(says.slice(0, 12)) }).click({ timeout: 40_000 })
    await page.locator('article', { hasText: says }).waitFor()
    await page.locator('[data-composer]').fill(answer)
    await page.locator('[data-composer]').press('Enter')
    await until(async () => (await customer.shows()).includes(answer), { within: 20_000, what: 'the answer on the phone' })
    await page.locator('article', { hasText: answer }).getByRole('img', { name: /Отправлено|Доставлено|Прочитано/ }).waitFor()
  }

  await check('CH-7: Viber by the token of a bot', async () => {
    const url = await server.counterpart('viber')
    const [bot] = (await state(url)).bots
    await page.goto('/cabinet/channels/new/viber')
    await page.getByLabel(/Токен/).fill(bot.token)
    await advanced(/Адрес/, url)
    await connect()
    await works()
    await talk(await phone(url, bot.number, 1), { says: 'Букет на завтра соберёте?', answer: 'Соберём к десяти утра' })
    await shot(page, 'viber')
  })

  await check('CH-7, CV-6: VK by the key of a community; what was answered is changed', async () => {
    const url = await server.counterpart('vk')
    const { communities: [community], customers: [vera] } = await state(url)
    await page.goto('/cabinet/channels/new/vk')
    await page.getByLabel(/Ключ сообщества/).fill(community.key)
    await advanced(/Адрес API/, url)
    await connect()
    await works()
    const customer = await phone(url, community.id, vera.id)
    await talk(customer, { says: 'Есть ли пионы сегодня?', answer: 'Пионы привезут в пятницу' })
    const editor = page.locator('[data-message-editor]')
    await until(async () => {
      await page.locator('[data-composer]').press('ArrowUp')
      return editor.isVisible()
    }, { what: 'the field of the change' })
    await editor.fill('Пионы привезут в четверг')
    await editor.press('Enter')
    await until(async () => (await customer.shows()).includes('в четверг'), { what: 'the change on the phone' })
    await shot(page, 'vk')
  })

  await check('CH-8, CV-5: Avito by consent at its page; the advertisement stands beside the talk', async () => {
    const url = await server.counterpart('avito')
    await page.goto('/cabinet/channels/new/avito')
    assert.equal(await page.getByLabel(/client_id/).count(), 0)
    await connect()
    await page.getByText('нужен доступ').waitFor()
    await axe(page, 'a channel that waits for consent')
    await page.getByRole('button', { name: 'Разрешить доступ' }).click()
    await page.waitForURL(/\/oauth/)
    await page.getByRole('button', { name: 'Отказать' }).click()
    await page.getByText('отказали в доступе').waitFor()
    await page.getByRole('button', { name: 'Разрешить доступ' }).click()
    await page.getByRole('button', { name: 'Авторизовать' }).click()
    await page.getByText('Доступ разрешён.').waitFor()
    await works()
    const { chats: [chat] } = await state(url)
    await talk(await phone(url, chat.id), { says: 'Тюльпаны ещё есть?', answer: 'Да, двадцать пять штук' })
    await page.locator('[data-listing]').getByText('Букет «Весна»', { exact: false }).waitFor()
    await shot(page, 'avito')
    await axe(page, 'a talk about an advertisement')
  })

  await check('CH-9, CV-5: Auto.ru by what is handed over; the car changes in the talk', async () => {
    const url = await server.counterpart('autoru')
    const { base, dealers: [dealer], buyers: [ivan] } = await state(url)
    await page.goto('/cabinet/channels/new/autoru')
    await advanced(/Адрес API|Свой адрес/, base)
    await connect()
    const values = page.locator('[data-hand-over] input')
    await values.nth(1).waitFor()
    await works()
    await axe(page, 'what is handed over')
    const [chat_id, hook] = await values.evaluateAll((all) => all.map((one) => one.value))
    const entry = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ chat_id, hook }) }
    assert.equal((await fetch(`${url}/sandbox/dealers/${dealer.id}/enter`, entry)).status, 200)
    const buyer = await phone(url, dealer.id, ivan.id)
    await talk(buyer, { says: 'Торг уместен?', answer: 'Приезжайте, обсудим' })
    await page.locator('[data-listing]').getByText(/Vesta/).waitFor()
    await buyer.say({ car: 1, text: 'А по Киа?' })
    await page.getByText('Клиент пишет о другом объявлении').waitFor()
    await page.locator('[data-listing]').getByText(/Kia/).waitFor()
    await shot(page, 'autoru')
  })

  await check('CH-11: SMS from a number that the provider names; parts are counted', async () => {
    const url = await server.counterpart('sms')
    const { bases, accounts: [account], phones: [customer] } = await state(url)
    await page.goto('/cabinet/channels/new/sms')
    await page.getByLabel(/Через кого/).selectOption({ label: 'SMS Aero' })
    assert.equal(await page.getByLabel(/Сервер SMPP/).count(), 0)
    await page.getByLabel(/Логин/).fill(account.credentials.email)
    await page.getByLabel(/Ключ API/).fill(account.credentials.aero_key)
    await advanced(/Адрес API/, bases.sms_aero)
    await page.getByRole('button', { name: /^Загрузить список/ }).click()
    await page.getByRole('combobox', { name: /Номер/ }).selectOption({ label: `+${account.number}` })
    await shot(page, 'sms-form')
    await connect()
    await works()
    const [hook] = await page.locator('[data-hand-over] input').evaluateAll((all) => all.map((one) => one.value))
    const callback = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ provider: 'sms_aero', url: hook }) }
    assert.equal((await fetch(`${url}/sandbox/accounts/${account.id}/callback`, callback)).status, 200)
    const says = 'Когда доставка?'
    const pair = await phone(url, account.id, customer.number)
    await talk(pair, { says, answer: `Сегодня ${'до вечера '.repeat(8)}`.trim() })
    await page.locator('[data-composer]').fill('ж'.repeat(100))
    await page.locator('[data-fullness]').filter({ hasText: '2 SMS · осталось 34' }).waitFor()
    await shot(page, 'sms')
    await page.locator('[data-composer]').fill('')
  })

  await check('the channels are accessible in both themes and languages', async () => {
    await page.goto('/cabinet/channels')
    await page.getByRole('link', { name: 'SMS' }).first().waitFor()
    await axe(page, 'the channels')
    await shot(page, 'channels')
    await wear('dark', 'en')
    await page.getByRole('heading', { name: 'Channels' }).waitFor()
    await axe(page, 'the channels, dark, in English')
  })
}
