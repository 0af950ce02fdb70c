// A kind of channel that these pages have never heard of: its form, its consent, what it can do with
// messages. The kind is told by the answers of the API, as a new driver would be; nothing here knows it.
import assert from 'node:assert/strict'

export const name = 'kinds'

const both = (ru, en = ru) => ({ ru, en })
const field = (key, kind, label, more = {}) => ({ key, kind, label: both(label), help: null, required: false, advanced: false, ...more })

const KIND = {
  kind: 'marketplace',
  title: both('Барахолка', 'Marketplace'),
  capabilities: {
    max_text: 2, text_unit: 'sms_parts', max_caption: 0, files: [], max_files: 0, subject: false, replies: true,
    delivery_receipts: true, read_receipts: true, idempotent_send: true, write_first: true, in_widget: false,
    edit_within: 172_800, remove_within: 172_800, reactions: ['👍', '❤', '🔥', '🤔'],
  },
  form: {
    intro: both('Нужен платный аккаунт Барахолки.', 'A paid account is needed.'),
    fields: [
      field('way', 'ways', 'Как подключить', { default: null, ways: [
        { value: 'key', label: both('Своим ключом'), fields: ['api_key'] },
        { value: 'smpp', label: both('По SMPP'), fields: ['host'] },
      ] }),
      field('api_key', 'secret', 'Ключ API', { required: true }),
      field('host', 'text', 'Сервер', { placeholder: 'smpp.example.ru' }),
      field('number', 'choice', 'Номер отправителя', { required: true, placeholder: '+7 900 000-00-00', help: both('Один из номеров аккаунта') }),
      field('chat_id', 'own_secret', 'Chat ID', { required: true, length: 32, help: both('Впишите его и на стороне сервиса') }),
      field('base_url', 'url', 'Адрес API', { advanced: true }),
    ],
  },
}

/** Answers of the API with the kind put in. */
async function tellOfKind(page, told = {}) {
  await page.route('**/api/v1/channel-kinds', async (route) => {
    const answer = await route.fetch()
    const { items } = await answer.json()
    const known = items.map((one) => (told.instead === one.kind ? { ...one, capabilities: { ...one.capabilities, ...KIND.capabilities, ...told.can } } : one))
    await route.fulfill({ response: answer, json: { items: [...known, KIND] } })
  })
}

export async function run(stage) {
  const { check, need, axe, shot } = stage
  const company = await stage.company()
  await company.owner.online()
  const bot = await company.telegram('Барахолка', 'market_bot')
  const buyer = await bot.customer('Пётр Ильин')
  await buyer.say('Машина ещё продаётся?')
  const { conversation_id } = await company.conversation('продаётся')
  const { page, wear } = await stage.person({ as: company.owner })

  await tellOfKind(page)
  await page.route('**/api/v1/channels/choices', async (route) => {
    const { settings } = route.request().postDataJSON()
    if (!settings.api_key) {
      const message = both('Заполните это поле.', 'Fill in this field.')
      const problem = { type: 'about:blank', status: 422, code: 'invalid', detail: message, errors: [{ field: 'settings.api_key', code: 'required', message }] }
      return route.fulfill({ status: 422, contentType: 'application/problem+json', json: problem })
    }
    await route.fulfill({ json: { items: [{ value: '+79001112233', label: 'Отдел продаж' }, { value: 'SHOP', label: 'SHOP' }], next: null } })
  })

  await check('CH-1: a new kind stands in the catalogue with its own words', async () => {
    await page.goto('/cabinet/channels')
    await page.getByRole('link', { name: /Барахолка.*платный аккаунт/ }).click()
    await page.getByRole('heading', { name: 'Барахолка' }).waitFor()
  })

  await check('CH-11: a way brings its fields; the service offers values once it can be asked, and one may be typed', async () => {
    await page.goto('/cabinet/channels/new/marketplace')
    assert.equal(await page.getByLabel(/Ключ API/).count(), 0)
    await page.getByLabel('Как подключить').selectOption({ label: 'По SMPP' })
    await page.getByLabel('Сервер').waitFor()
    await page.getByLabel('Как подключить').selectOption({ label: 'Своим ключом' })
    assert.equal(await page.getByLabel('Сервер').count(), 0)
    const load = page.getByRole('button', { name: /список: Номер отправителя/ })
    await load.click()
    await page.getByText('исправьте отмеченные поля').waitFor()
    assert.equal(await page.getByLabel(/Ключ API/).getAttribute('aria-invalid'), 'true')
    await page.getByLabel(/Ключ API/).fill('key-1')
    await load.click()
    const list = page.getByRole('combobox', { name: /Номер отправителя/ })
    await list.selectOption({ label: 'Отдел продаж (+79001112233)' })
    await shot(page, 'choice')
    await page.getByRole('button', { name: 'Ввести вручную' }).click()
    const typed = page.getByRole('textbox', { name: /Номер отправителя/ })
    assert.equal(await typed.inputValue(), '+79001112233')
    await typed.fill('МОЙ')
    await load.click()
    assert.equal(await list.inputValue(), 'МОЙ')
  })

  await check('CH-9: a strong Chat ID stands in the form, and another is made at a press', async () => {
    const own = page.getByLabel(/Chat ID/).first()
    const first = await own.inputValue()
    assert.match(first, /^[A-Za-z0-9]{32}$/)
    await page.getByRole('button', { name: 'Придумать: Chat ID' }).click()
    assert.notEqual(await own.inputValue(), first)
  })

  await check('the form is accessible in both themes and languages', async () => {
    await axe(page, 'the form')
    await wear('dark', 'en')
    await page.getByRole('button', { name: 'Load the list: Номер отправителя' }).waitFor()
    await axe(page, 'the form, dark, in English')
    await wear('light', 'ru')
  })

  await check('CH-8: consent is asked for at the service and told when the browser is back', async () => {
    const asks = { kind: 'marketplace', state: 'logged_out', consent: true, external_id: null,
      hand_over: [{ label: both('Адрес для уведомлений'), value: 'https://beseda.test/hooks/marketplace/abc', help: both('Раздел «Уведомления»') }],
      reason: both('Доступ ещё не разрешён на стороне сервиса.'), remedy: both('Нажмите «Разрешить доступ».') }
    await page.route(`**/api/v1/channels/${bot.channel_id}`, async (route) => {
      const answer = await route.fetch()
      await route.fulfill({ response: answer, json: { ...(await answer.json()), ...asks } })
    })
    await page.route(`**/api/v1/channels/${bot.channel_id}/consent`, (route) =>
      route.fulfill({ json: { url: `${stage.base}/cabinet/channels/${bot.channel_id}?consent=denied` } }))
    await page.goto(`/cabinet/channels/${bot.channel_id}`)
    await page.getByRole('button', { name: 'Разрешить доступ' }).click()
    await page.getByRole('alert').filter({ hasText: 'отказали в доступе' }).waitFor()
    assert.equal(new URL(page.url()).search, '')
    await shot(page, 'consent-refused')
    await axe(page, 'the refused consent')
    asks.external_id = '77'
    await page.goto(`/cabinet/channels/${bot.channel_id}?consent=ok`)
    await page.getByRole('status').filter({ hasText: 'Доступ разрешён' }).waitFor()
    await page.getByRole('button', { name: 'Подключить заново' }).waitFor()
    // What a person must paste at the service stands ready.
    assert.match(await page.getByLabel('Адрес для уведомлений', { exact: true }).inputValue(), /\/hooks\/marketplace\/abc/)
    await page.getByRole('button', { name: 'Скопировать: Адрес для уведомлений' }).waitFor()
    await wear('dark', 'en')
    await page.getByRole('button', { name: 'Connect again' }).waitFor()
    await axe(page, 'consent, dark, in English')
    await shot(page, 'consent-dark')
    await wear('light', 'ru')
    await page.unrouteAll({ behavior: 'wait' })
  })

  await check('CH-1: a secret that was replaced is a stored one again', async () => {
    await page.goto(`/cabinet/channels/${bot.channel_id}`)
    const stored = page.getByRole('group', { name: 'Токен бота' })
    await stored.getByRole('button', { name: /Заменить/ }).click()
    await page.getByLabel('Токен бота').fill(bot.bot.token)
    await page.getByRole('button', { name: 'Сохранить', exact: true }).click()
    await stored.getByText('Сохранён и не показывается').waitFor()
    assert.equal(await page.getByLabel('Токен бота').locator('input').count(), 0)
    await axe(page, 'a replaced secret')
  })

  // The desk
  await tellOfKind(page, { instead: 'telegram_bot' })
  await company.api.post(`/conversations/${conversation_id}/take`)
  await company.api.post(`/conversations/${conversation_id}/messages`, { client_id: crypto.randomUUID(), text: 'Да, приезжайте смотреть', kind: 'answer', files: [], reply_to: null, mentions: [], subject: null })
  const listing = { external_id: '1', title: 'Lada Vesta, 2021', price: '1 150 000 ₽', url: 'https://market.test/1', image: 'https://market.test/1.jpg' }
  await page.route(/\/api\/v1\/conversations(\/cnv_[^/]+)?(\?.*)?$/, async (route) => {
    const answer = await route.fetch()
    const told = await answer.json()
    const put = (chat) => ({ ...chat, attribution: { ...chat.attribution, listing } })
    await route.fulfill({ response: answer, json: told.items ? { ...told, items: told.items.map(put) } : put(told) })
  })
  let last
  let extra = {}
  await page.route('**/api/v1/conversations/*/messages*', async (route) => {
    if (route.request().method() !== 'GET') return route.continue()
    const answer = await route.fetch()
    const told = await answer.json()
    last = { ...told.items.findLast((one) => one.direction === 'outbound'), ...extra }
    const items = told.items.map((one) => (one.message_id === last.message_id ? last : one.direction === 'inbound' ? { ...one, reactions: [{ side: 'customer', emoji: '🔥' }] } : one))
    items.push({ ...last, message_id: 'msg_x', position: last.position + 1, direction: 'system', body: { happened: 'listing', listing }, author_id: null, client_id: null, status: null, change: null, reactions: [] })
    items.push({ ...items.at(-1), message_id: 'msg_z', position: last.position + 2, body: { happened: 'block_refused', why: both('Чат не найден.', 'No such chat.') } })
    await route.fulfill({ response: answer, json: { ...told, items } })
  })
  await page.route('**/api/v1/messages/*', async (route) => {
    const words = route.request().postDataJSON()?.text
    extra = { change: { what: words ? 'edit' : 'remove', text: words, state: 'pending', by: company.owner.employee_id, at: new Date().toISOString() } }
    await route.fulfill({ json: { ...last, ...extra } })
  })
  await page.route('**/api/v1/messages/*/reaction', async (route) => {
    const put = route.request().method() === 'PUT'
    const emoji = put && route.request().postDataJSON().emoji
    await route.fulfill({ json: { ...last, reactions: put ? [{ side: 'our_side', emoji, employee_id: company.owner.employee_id, state: 'adding' }] : [] } })
  })
  await page.route('https://market.test/*', (route) => route.fulfill({ contentType: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><rect width="4" height="4" fill="#7a9"/></svg>' }))

  await need('CV-5: what the customer writes about stands in the card, the head and the lines', async () => {
    await page.goto(`/desk/in_work/${conversation_id}`)
    const card = page.locator('[data-listing]')
    await card.getByText('Lada Vesta, 2021').waitFor()
    assert.match(await card.getAttribute('rel'), /noopener/)
    await page.getByText('Клиент пишет о другом объявлении').waitFor()
    // WA-5: what the service's black list refused, with the remedy.
    await page.getByText('заблокируйте его там вручную. Чат не найден.').waitFor()
    await page.locator('section h2 + p').filter({ hasText: '1 150 000 ₽' }).waitFor()
    await shot(page, 'listing')
  })

  await check('CH-11: the parts of an SMS are counted while it is written, and too many are not sent', async () => {
    const text = page.locator('[data-composer]')
    await text.fill('ж'.repeat(100))
    await page.locator('[data-fullness]').filter({ hasText: '2 SMS · осталось 34' }).waitFor()
    await text.fill('ж'.repeat(135))
    await page.getByRole('alert').filter({ hasText: 'Получится 3 SMS' }).waitFor()
    assert.equal(await page.getByRole('button', { name: 'Отправить' }).isDisabled(), true)
    await shot(page, 'sms')
    await text.fill('')
  })

  await check('CH-11, CV-4: so are those of a first message to somebody new', async () => {
    await page.locator('[data-composer]').blur()
    await page.keyboard.press('KeyC')
    const dialog = page.getByRole('dialog')
    const text = dialog.locator('textarea')
    await text.fill('ж'.repeat(100))
    await dialog.getByText('2 SMS · осталось 34').waitFor()
    await text.fill('ж'.repeat(135))
    await dialog.getByText('Получится 3 SMS').waitFor()
    assert.equal(await text.getAttribute('aria-invalid'), 'true')
    await axe(page, 'the first message')
    await page.keyboard.press('Escape')
  })

  await check('CV-6: the last answer is changed from the keyboard', async () => {
    await page.locator('[data-composer]').press('ArrowUp')
    const editor = page.locator('[data-message-editor]')
    await editor.waitFor()
    assert.equal(await editor.inputValue(), 'Да, приезжайте смотреть')
    await shot(page, 'editor')
    await axe(page, 'the editor')
    await editor.fill('Да, приезжайте в субботу')
    await editor.press('Enter')
    await page.getByText('Изменение передаётся').waitFor()
    await shot(page, 'edit-pending')
    await axe(page, 'a change on its way')
  })

  await check('CV-6: an emoji is put on a message', async () => {
    const ours = page.locator('article', { hasText: 'Да, приезжайте смотреть' })
    await ours.hover()
    await ours.locator('xpath=..').locator('[data-react]').click()
    await shot(page, 'picker')
    await page.getByRole('menuitem', { name: '❤' }).click()
    await page.getByRole('button', { name: /Реакция: Марина/ }).waitFor()
    await shot(page, 'reaction')
    await wear('dark', 'en')
    await page.getByText('Open the listing').waitFor()
    await axe(page, 'the conversation, dark, in English')
    await shot(page, 'desk-dark')
  })
}
