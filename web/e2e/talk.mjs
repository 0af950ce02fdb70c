// Talking: drafts on every device, canned replies by keys, files, notes that name colleagues, messages of
// every kind, hostile ones among them, found messages, and customers who are there twice.
import assert from 'node:assert/strict'
import { arrived, blur, bubble, composer, desk, press, row } from './stage/desk.mjs'

export const name = 'talk'

/** A picture of one colour, as a PNG. */
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNk+M9Qz0AEYBxVSF+FABJADveWkH6oAAAAAElFTkSuQmCC',
  'base64',
)

/** Two seconds of a tone that swells and falls, as a WAV. */
function tone() {
  const rate = 8000
  const count = rate * 2
  const wav = Buffer.alloc(44 + count * 2)
  wav.write('RIFF', 0)
  wav.writeUInt32LE(36 + count * 2, 4)
  wav.write('WAVEfmt ', 8)
  wav.writeUInt32LE(16, 16)
  wav.writeUInt16LE(1, 20)
  wav.writeUInt16LE(1, 22)
  wav.writeUInt32LE(rate, 24)
  wav.writeUInt32LE(rate * 2, 28)
  wav.writeUInt16LE(2, 32)
  wav.writeUInt16LE(16, 34)
  wav.write('data', 36)
  wav.writeUInt32LE(count * 2, 40)
  for (let i = 0; i < count; i++) {
    const loud = Math.sin((Math.PI * i) / count) ** 2
    wav.writeInt16LE(Math.round(Math.sin(i / 3) * loud * 20_000), 44 + i * 2)
  }
  return wav
}

const HOSTILE_TEXT = '<img src=x onerror="window.hacked=1"><script>window.hacked=2</script> {{7*7}} javascript:window.hacked=3'
const HOSTILE_HTML = `<p>Добрый день! <b>Счёт</b> во вложении.</p>
<script>top.hacked = 4</script><img src="https://evil.test/open.png" onerror="top.hacked=5"><img data-src="https://evil.test/kept.png" alt="Логотип">
<div style="background:url(https://evil.test/style.png)">стиль</div><link rel="stylesheet" href="https://evil.test/a.css">
<iframe src="https://evil.test/frame"></iframe><svg onload="top.hacked=6"></svg><a href="javascript:top.hacked=7">ссылка</a>
<form action="https://evil.test/form"><input name="password"></form><meta http-equiv="refresh" content="0;url=https://evil.test/meta">
<blockquote><p>Прошлое письмо</p></blockquote>`

const literal = (value) => `'${JSON.stringify(value).replaceAll("'", "''")}'::jsonb`

export async function run(stage) {
  const { check, need, shot } = stage
  const company = await stage.company()
  const bot = await company.telegram()
  const { owner } = company
  const oleg = await bot.customer('Олег')
  const anna = await bot.customer('Анна')
  const colleague = await company.employee('Антон Белов')
  await owner.api.post('/canned-replies', { title: 'Приветствие', shortcut: 'привет', section: 'Начало', text: 'Здравствуйте, {имя}! Это {оператор}.' })
  await owner.api.post('/canned-replies', { title: 'Доставка', shortcut: '', section: 'Условия', text: 'Привезём завтра с 10 до 18.' })
  await owner.api.post('/contact-fields', { key: 'city', name: 'Город', kind: 'text', position: 1 })
  const one = await desk(stage, owner)
  const { page } = one
  const asked = []
  page.on('request', (request) => asked.push(request.url()))
  const ids = {}

  await need('two conversations are in work', async () => {
    await oleg.say('Когда приедет заказ 48213?')
    await anna.say('Есть белая эмаль?')
    for (const [who, text] of [['oleg', '48213'], ['anna', 'белая эмаль']]) {
      ids[who] = (await company.conversation(text)).conversation_id
      await owner.api.post(`/conversations/${ids[who]}/take`)
    }
    await page.goto('/desk/in_work')
    await row(page, '48213').click()
    await page.getByRole('log').getByText('48213').waitFor()
  })

  await check('OW-6: a draft survives a switch, a reload and stands in a second browser', async () => {
    await composer(page).fill('Курьер выедет в')
    await row(page, 'Анна').click()
    await page.getByRole('log').getByText('белая эмаль').waitFor()
    assert.equal(await composer(page).inputValue(), '')
    await row(page, 'Олег').getByText('Черновик:').waitFor()
    await row(page, 'Олег').click()
    await stage.until(async () => (await composer(page).inputValue()) === 'Курьер выедет в')
    await stage.until(async () => (await owner.api.get('/drafts')).items.some((draft) => draft.text === 'Курьер выедет в'))
    await page.reload()
    await stage.until(async () => (await composer(page).inputValue()) === 'Курьер выедет в')
    const other = await stage.person({ as: owner })
    await other.page.goto(`/desk/in_work/${ids.oleg}`)
    await stage.until(async () => (await composer(other.page).inputValue()) === 'Курьер выедет в')
    await composer(other.page).fill('Курьер выедет в 12:00')
    await stage.until(async () => (await composer(page).inputValue()) === 'Курьер выедет в 12:00', {
      what: 'what is typed in one browser stands in the other',
    })
    await composer(page).fill('')
    await stage.until(async () => (await composer(other.page).inputValue()) === '')
    await stage.until(async () => (await owner.api.get('/drafts')).items.length === 0)
    await other.context.close()
  })

  await check('a canned reply by keys alone on a Russian layout, with its variables', async () => {
    await composer(page).focus()
    await press(page, 'Slash', '.')
    const search = page.locator('[data-canned]')
    await search.waitFor()
    await page.getByRole('option', { name: /Доставка/ }).waitFor()
    await stage.axe(page, 'canned replies')
    await shot(page, 'canned')
    await page.keyboard.type('приве')
    await page.getByRole('option', { name: /Приветствие/, selected: true }).waitFor()
    await page.keyboard.press('Enter')
    await stage.until(async () => (await composer(page).inputValue()) === 'Здравствуйте, Олег! Это Марина Кравцова.')
    await stage.until(async () => (await owner.api.get('/canned-replies')).items.some((reply) => reply.used_count === 1))
    await composer(page).press('Enter')
    await arrived(bubble(page, 'Это Марина Кравцова.')).waitFor()
    // Esc leaves the field empty and with the focus.
    await press(page, 'Slash', '.')
    await search.waitFor()
    await page.keyboard.press('Escape')
    await search.waitFor({ state: 'detached' })
    assert.equal(await composer(page).evaluate((field) => field === document.activeElement && field.value), '')
  })

  await check('an emoji is found by a Russian word and stands where the caret was', async () => {
    await composer(page).fill('Готово')
    await page.getByRole('button', { name: /Эмодзи/ }).click()
    await page.getByLabel('Найти эмодзи').fill('спасибо')
    await page.getByRole('button', { name: /спасибо/ }).waitFor()
    await stage.axe(page, 'emoji')
    await page.keyboard.press('Enter')
    await stage.until(async () => (await composer(page).inputValue()) === 'Готово🙏')
    await composer(page).fill('')
  })

  await check('a file comes by pasting, is seen before it goes, and arrives', async () => {
    await composer(page).focus()
    await page.evaluate((bytes) => {
      const data = new DataTransfer()
      data.items.add(new File([new Uint8Array(bytes)], 'дверь.png', { type: 'image/png' }))
      document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
    }, [...PIXEL])
    await page.getByText('дверь.png').waitFor()
    await page.getByText('Канал принимает').waitFor()
    await shot(page, 'picked')
    await page.getByRole('button', { name: 'Отправить', exact: true }).click()
    await page.getByRole('button', { name: /Открыть изображение/ }).waitFor()
    await stage.until(async () => JSON.stringify(await oleg.shown()).includes('photo'))
  })

  await check('CV-8: a note names a colleague, who is marked in it', async () => {
    await blur(page)
    await press(page, 'KeyN', 'т')
    await page.getByLabel('Заметка для команды').fill('Спроси у ')
    await page.getByLabel('Заметка для команды').press('End')
    await page.keyboard.type('@Ант')
    await page.getByRole('option', { name: /Антон Белов/ }).waitFor()
    await shot(page, 'mention')
    await page.keyboard.press('Enter')
    await page.keyboard.type('про скидку')
    await page.keyboard.press('Enter')
    await page.locator('article span.font-semibold', { hasText: '@Антон Белов' }).waitFor()
    const { items } = await owner.api.get(`/conversations/${ids.oleg}/messages`)
    assert.deepEqual(items.at(-1).mentions, [colleague.employee_id])
    await press(page, 'KeyM', 'ь', { ctrlKey: true, shiftKey: true })
    await page.getByLabel('Ответ клиенту').waitFor()
  })

  await check('CV-6: a picture, a voice, a place and a contact are shown', async () => {
    await oleg.file(PIXEL, { kind: 'photo', name: 'план.png', caption: 'План квартиры' })
    await oleg.file(tone(), { kind: 'voice', name: 'voice.ogg' })
    await oleg.do('location', { latitude: 55.7558, longitude: 37.6173 })
    await oleg.do('contact', { phone: '+79264410832', name: 'Пётр Мастер' })
    const log = page.getByRole('log')
    await log.getByText('План квартиры').waitFor()
    await log.getByText('55.75580, 37.61730').waitFor()
    await log.getByText('Пётр Мастер').waitFor()
    const slider = log.getByRole('slider', { name: 'Место в записи' })
    await slider.waitFor()
    await stage.until(async () => slider.locator('rect').evaluateAll((bars) => new Set(bars.map((bar) => bar.getAttribute('height'))).size > 5), {
      what: 'the shape of the recording',
    })
    await slider.focus()
    await page.keyboard.press('End')
    await stage.until(async () => Number(await slider.getAttribute('aria-valuenow')) >= 1)
    await shot(page, 'kinds')
    await stage.axe(page, 'kinds of messages')
    await log.getByRole('button', { name: /Открыть изображение/ }).last().click()
    await page.getByRole('dialog', { name: 'Изображение 2 из 2' }).waitFor()
    await page.keyboard.press('ArrowLeft')
    await page.getByRole('dialog', { name: 'Изображение 1 из 2' }).waitFor()
    await page.keyboard.press('Equal')
    await stage.until(async () => page.getByRole('dialog').locator('img').evaluate((image) => /scale\(1\.4\)/.test(image.style.transform)))
    await shot(page, 'viewer')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })

  await check('a hostile message runs nothing and is shown as it is', async () => {
    await anna.say(HOSTILE_TEXT)
    await row(page, 'Анна').click()
    await page.getByRole('log').getByText('{{7*7}}').waitFor()
    assert.equal(await page.evaluate(() => globalThis.hacked), undefined)
    assert.equal(await page.getByRole('log').locator('article img, article script').count(), 0)
  })

  await check('a hostile letter runs nothing, loads nothing before it is asked, and folds what it quotes', async () => {
    await anna.say('Здесь будет письмо')
    const message = await stage.until(async () =>
      (await owner.api.get(`/conversations/${ids.anna}/messages`)).items.find((item) => item.body.text === 'Здесь будет письмо'),
    )
    const letter = { type: 'letter', subject: 'Счёт № 12', text: 'Добрый день! Счёт во вложении.', html: HOSTILE_HTML, quoted: 'Прошлое письмо', files: [] }
    await stage.sql(
      `update messages set content = ${literal(letter)} where message_id = '${uuid(message.message_id)}'`,
    )
    // The parser that cleans it names what the policy would not let run.
    stage.excuse(/Executing inline event handler|Applying inline style/)
    await page.route('https://evil.test/**', (route) => route.fulfill({ status: 200, contentType: 'image/png', body: PIXEL }))
    await page.reload()
    const frame = page.frameLocator('iframe[title="Письмо: Счёт № 12"]')
    await frame.getByText('во вложении').waitFor()
    await page.getByText('2 картинки из интернета скрыты').waitFor()
    assert.equal(await frame.locator('script, iframe, form, input, svg, meta[http-equiv=refresh]').count(), 0)
    assert.equal(await frame.locator('a[href^="javascript"]').count(), 0)
    assert.equal(await frame.locator('[style], [onerror], [onload]').count(), 0)
    assert.equal(await frame.getByText('Прошлое письмо').isVisible(), false)
    await frame.getByText('Показать цитату').click()
    await frame.getByText('Прошлое письмо').waitFor()
    assert.deepEqual(asked.filter((url) => url.includes('evil.test')), [])
    await shot(page, 'letter')
    await stage.axe(page, 'a letter')
    await page.getByRole('button', { name: 'Показать картинки' }).click()
    await stage.until(async () => asked.some((url) => url === 'https://evil.test/kept.png'), { what: 'images are loaded once they are asked for' })
    assert.deepEqual(asked.filter((url) => url.includes('evil.test') && !url.endsWith('.png')), [])
    assert.equal(await page.evaluate(() => globalThis.hacked), undefined)
    await page.getByRole('button', { name: 'Показать текстом' }).click()
    await page.getByRole('log').getByText('Счёт во вложении.').waitFor()
  })

  await check('a found message of long ago stands in the middle with its words marked', async () => {
    await stage.sql(history(company.account_id, ids.oleg, 700))
    await page.goto('/desk/in_work')
    await page.locator('[data-search]').fill('48213')
    await page.getByRole('button', { name: /48213/ }).first().waitFor()
    await page.locator('button', { has: page.locator('mark', { hasText: '48213' }) }).first().click()
    const hit = page.getByRole('log').locator('mark', { hasText: '48213' })
    await hit.waitFor()
    await stage.until(async () => {
      const [box, log] = [await hit.boundingBox(), await page.getByRole('log').boundingBox()]
      return box && box.y > log.y && box.y < log.y + log.height
    })
    await shot(page, 'found')
    await page.getByRole('button', { name: 'К последнему сообщению' }).click()
    await page.getByRole('log').getByText('Строка 700', { exact: true }).waitFor()
  })

  await check('Mod+F finds inside the conversation; Enter goes to earlier ones', async () => {
    await composer(page).focus()
    await page.keyboard.press('Control+KeyF')
    await page.getByLabel('Поиск в этом чате').fill('Строка 69')
    await page.getByRole('log').locator('mark').first().waitFor()
    await page.getByText(/^1 из \d+$/).waitFor()
    await page.keyboard.press('Enter')
    await page.getByText(/^2 из \d+$/).waitFor()
    await shot(page, 'find')
    await stage.axe(page, 'find in the chat')
    await page.keyboard.press('Escape')
    await page.getByLabel('Поиск в этом чате').waitFor({ state: 'detached' })
    assert.equal(await composer(page).evaluate((field) => field === document.activeElement), true)
  })

  await check("the company's own field is filled in the card and stays", async () => {
    const card = page.locator('aside')
    await card.getByRole('button', { name: /Изменить: Город/ }).click()
    await card.getByRole('textbox', { name: 'Город' }).fill('Тверь')
    await page.keyboard.press('Enter')
    await card.getByRole('button', { name: /Город.*Тверь/ }).waitFor()
    const { contact_id } = await owner.api.get(`/conversations/${ids.oleg}`)
    await stage.until(async () => (await owner.api.get(`/contacts/${contact_id}`)).fields.city === 'Тверь')
  })

  await check('CV-9: a customer who is there twice is merged after a look, and taken apart again', async () => {
    const card = page.locator('aside')
    await card.getByRole('button', { name: 'Действия с клиентом' }).click()
    await page.getByRole('menuitem', { name: 'Объединить с другим клиентом' }).click()
    await page.getByLabel('Имя, телефон, почта или ник второго клиента').fill('Анна')
    await page.getByRole('dialog').getByRole('button', { name: /Анна/ }).click()
    await page.getByText('Что станет общим').waitFor()
    await shot(page, 'merge')
    await stage.axe(page, 'merge')
    await page.getByRole('button', { name: 'Объединить', exact: true }).click()
    await page.getByText('Клиенты объединены: Олег').waitFor()
    await card.getByRole('heading', { name: 'Объединения' }).waitFor()
    await card.getByRole('heading', { name: 'История обращений' }).waitFor()
    await shot(page, 'merged')
    await card.getByRole('button', { name: 'Разъединить' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Разъединить' }).click()
    await page.getByText('Клиенты разъединены').waitFor()
    await card.getByRole('heading', { name: 'Объединения' }).waitFor({ state: 'detached' })
    await card.getByRole('heading', { name: 'История обращений' }).waitFor({ state: 'detached' })
  })

  await check('CV-4: the same customer is written to through another channel', async () => {
    await owner.api.post('/channels', {
      kind: 'email', name: 'Почта',
      settings: { email: 'zakaz@example.ru', password: 'x', imap_host: '127.0.0.1', smtp_host: '127.0.0.1' },
    })
    const { contact_id } = await owner.api.get(`/conversations/${ids.oleg}`)
    await owner.api.post(`/contacts/${contact_id}/emails`, { email: 'oleg@example.ru' })
    await page.locator('aside').getByText('oleg@example.ru').waitFor()
    await page.getByRole('button', { name: 'Откуда уйдёт ответ: Бот магазина' }).click()
    await page.getByRole('menuitem', { name: /Почта · oleg@example\.ru/ }).click()
    const dialog = page.getByRole('dialog')
    await stage.until(async () => (await dialog.getByLabel(/Адрес почты/).inputValue()) === 'oleg@example.ru')
    await shot(page, 'other-channel')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
  })

  await check('WA-5: the customer goes on the black list and off it', async () => {
    const card = page.locator('aside')
    const { contact_id } = await owner.api.get(`/conversations/${ids.oleg}`)
    await owner.api.post(`/contacts/${contact_id}/phones`, { phone: '+79031112233' })
    await card.getByText('+7 903 111-22-33').waitFor()
    const open = async () => {
      await card.getByRole('button', { name: 'Действия с клиентом' }).click()
      await page.getByRole('menuitem', { name: 'В чёрный список' }).click()
    }
    await open()
    await page.getByRole('dialog').getByText('+7 903 111-22-33').waitFor()
    await stage.axe(page, 'black list')
    await page.getByLabel('Почему, для коллег').fill('Рассылка')
    await page.getByRole('button', { name: 'Добавить', exact: true }).click()
    await page.getByText('Клиент в чёрном списке').waitFor()
    assert.ok((await owner.api.get('/blacklist')).items.some((item) => item.entry === '+79031112233' && item.note === 'Рассылка'))
    await open()
    await page.getByRole('button', { name: 'Убрать из чёрного списка' }).click()
    await page.getByText('Клиента снова слышно').waitFor()
    assert.equal((await owner.api.get('/blacklist')).items.some((item) => item.entry === '+79031112233'), false)
  })

  await check('the conversation is accessible in the dark and in English', async () => {
    await one.wear('dark', 'en')
    await page.getByRole('log').getByText('Строка 700', { exact: true }).waitFor()
    await stage.axe(page, 'dark, English')
    await shot(page, 'dark-en')
    await one.wear('light', 'ru')
  })

  await check('a colleague who looks is seen, and one who answers is warned of', async () => {
    const other = await desk(stage, colleague)
    await owner.api.post(`/conversations/${ids.oleg}/assign`, { employee_id: colleague.employee_id })
    await other.page.goto(`/desk/in_work/${ids.oleg}`)
    await page.goto(`/desk/in_work/${ids.oleg}`)
    await page.getByText('Антон Белов смотрит').waitFor()
    await composer(other.page).pressSequentially('Отвечаю', { delay: 100 })
    await page.getByText('Антон Белов отвечает. Не пишите вдвоём.').waitFor()
  })
}

const uuid = (id) => {
  const digits = id.slice(id.indexOf('_') + 1)
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join('-')
}

/** So many messages more in a conversation, as if they had come over the last days. */
function history(account, conversation, count) {
  const [a, c] = [uuid(account), uuid(conversation)]
  return `
    insert into messages (account_id, conversation_id, position, message_id, channel_id, direction, content, words, occurred_at, created_at)
    select k.account_id, k.conversation_id, k.last_position + n, gen_random_uuid(), k.channel_id, 'inbound',
      jsonb_build_object('type', 'text', 'text', 'Строка ' || n), 'Строка ' || n, now(), now()
    from conversations k, generate_series(1, ${count}) n where k.account_id = '${a}' and k.conversation_id = '${c}';
    update conversations set last_position = last_position + ${count} where account_id = '${a}' and conversation_id = '${c}'`
}
