// The chat of a site as its visitor meets it: on a hostile page, on a phone, without a storage of its
// own; invitation, forms, files, other channels, rating; and the cabinet's preview of all of it.
import assert from 'node:assert/strict'

export const name = 'widget'

const STATES = ['closed', 'prompt', 'form', 'chat', 'offline', 'channels', 'rating']
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR42mNk+M9QzzCKBgUAAPUJAf8qzOFTAAAAAElFTkSuQmCC',
  'base64',
)

/** The loader's shadow root is closed; here it is opened, so that selectors and axe go in. */
const openRoots = () => {
  const attach = Element.prototype.attachShadow
  Element.prototype.attachShadow = function (options) {
    return attach.call(this, { ...options, mode: 'open' })
  }
}

const frameOf = async (stage, page) => {
  const find = () => page.frames().find((one) => one.url().includes('/frame.html'))
  await stage.until(async () => find() && (await find().$('#log')), { what: 'the window is drawn' })
  return find()
}

export async function run(stage) {
  const company = await stage.company()
  const { api, owner } = company
  await owner.online()

  const visit = async (site, { query = '', script, ...options } = {}) => {
    const one = await stage.person(options)
    await one.context.addInitScript(openRoots)
    if (script) await one.context.addInitScript(script)
    await one.page.goto(site.page + query)
    const frame = await frameOf(stage, one.page)
    return { ...one, frame, button: one.page.locator('beseda-widget > button, beseda-widget button[aria-expanded]').first() }
  }
  const say = async (frame, text) => {
    await frame.locator('.composer textarea').fill(text)
    await frame.locator('.composer textarea').press('Enter')
    await frame.locator('#lines').getByText(text).waitFor()
  }
  const talks = async (text) => {
    const find = async () => {
      const { items } = await api.get('/conversations')
      return items.find((one) => one.preview.includes(text))
    }
    return stage.until(find, { what: `a conversation with «${text}»` })
  }
  const answer = (talk, text) =>
    api.post(`/conversations/${talk.conversation_id}/messages`, { client_id: crypto.randomUUID(), text })

  const site = await company.site('Сайт', { prompt_delay: 1, prompt_text: 'Поможем выбрать дверь', ask_name: 'optional', ask_phone: 'required' })
  let guest

  await stage.need('the invitation comes by itself and opens the chat', async () => {
    guest = await visit(site, { query: '?utm_source=yandex&utm_campaign=doors' })
    const invitation = guest.page.getByRole('button', { name: 'Поможем выбрать дверь' })
    await invitation.waitFor()
    await stage.shot(guest.page, 'widget-prompt')
    await stage.axe(guest.page, 'the invitation')
    await invitation.click()
    await guest.frame.getByRole('heading', { name: 'Как к вам обращаться' }).waitFor()
    await invitation.waitFor({ state: 'hidden' })
  })

  await stage.need('the contact form says what is wrong, and goes on with what is needed alone', async () => {
    await guest.frame.getByText('Имя (необязательно)').waitFor()
    await guest.frame.getByRole('button', { name: 'Продолжить' }).click()
    await guest.frame.getByText('Заполните это поле.').waitFor()
    assert.equal(await guest.frame.locator('#field-name').getAttribute('aria-invalid'), 'false')
    await guest.frame.locator('#field-phone').fill('позвоните')
    await guest.frame.getByRole('button', { name: 'Продолжить' }).click()
    await guest.frame.getByText('Напишите номер цифрами').waitFor()
    await guest.frame.locator('#field-phone').fill('+7 926 441-08-32')
    await guest.frame.locator('#field-phone').press('Enter')
    await guest.frame.locator('.composer textarea').waitFor()
  })

  await stage.need('the chat goes both ways, and a closed window counts what is unread', async () => {
    await say(guest.frame, 'Есть ли «Турин» в белой эмали?')
    const talk = await talks('Турин')
    assert.equal(talk.attribution.campaign, 'doors')
    await answer(talk, 'Да, есть на складе.')
    await guest.frame.locator('#lines').getByText('есть на складе').waitFor()
    await guest.frame.locator('body').press('Escape')
    await answer(talk, 'Отложить для вас?')
    await guest.page.getByRole('button', { name: 'Открыть чат (1)' }).waitFor()
    await stage.shot(guest.page, 'widget-unread')
    await guest.page.getByRole('button', { name: 'Открыть чат (1)' }).click()
    await stage.axe(guest.frame, 'the chat')
  })

  await stage.check('a picture goes to the operator; what is not taken is said at once', async () => {
    const input = guest.frame.locator('input[type=file]')
    await input.setInputFiles({ name: 'page.html', mimeType: 'text/html', buffer: Buffer.from('<b>x</b>') })
    await guest.frame.getByText('Такие файлы не принимаем').waitFor()
    await guest.frame.getByRole('button', { name: 'Удалить' }).click()
    await input.setInputFiles({ name: 'проём.png', mimeType: 'image/png', buffer: PICTURE })
    await guest.frame.locator('#lines img').waitFor()
    await stage.shot(guest.page, 'widget-file')
    const talk = await talks('')
    const { items } = await api.get(`/conversations/${talk.conversation_id}/messages?limit=100`)
    const files = items.flatMap((one) => one.body.files ?? [])
    assert.deepEqual(files.map((file) => [file.name, file.state]), [['проём.png', 'stored']])
    assert.equal(await guest.frame.locator('#waiting .line').count(), 0)
  })

  await stage.check('a closed chat is rated by keys, once', async () => {
    const talk = (await api.get('/conversations')).items.find((one) => one.attribution.campaign === 'doors')
    await api.post(`/conversations/${talk.conversation_id}/close`)
    await guest.frame.getByText('Как прошёл разговор?').waitFor()
    await guest.frame.getByRole('radio', { name: 'Очень плохо' }).focus()
    for (const key of ['Space', 'ArrowRight', 'ArrowRight', 'ArrowRight']) await guest.page.keyboard.press(key)
    await guest.frame.getByText('Хорошо', { exact: true }).waitFor()
    await stage.shot(guest.page, 'widget-rating')
    await stage.axe(guest.frame, 'the rating')
    await guest.frame.getByRole('textbox', { name: 'Что понравилось' }).fill('Быстро ответили')
    await guest.frame.getByRole('button', { name: 'Отправить оценку' }).click()
    await guest.frame.getByText('Спасибо, оценка принята.').waitFor()
    const { items } = await api.get(`/conversations/${talk.conversation_id}/messages?limit=100`)
    const rated = items.map((one) => one.body).filter((body) => body.happened === 'rated')
    assert.deepEqual(rated, [{ happened: 'rated', stars: 4, text: 'Быстро ответили' }])
    await guest.page.reload()
    const frame = await frameOf(stage, guest.page)
    await frame.locator('#lines').getByText('Разговор', { exact: false }).or(frame.locator('#lines .mine')).first().waitFor()
    assert.equal(await frame.getByText('Как прошёл разговор?').count(), 0)
  })

  await stage.check('on a page with hostile styles the button and the window are as ever', async () => {
    const plain = await company.site('Враждебный')
    const one = await visit(plain)
    await one.page.click('#hostile')
    const box = await one.button.boundingBox()
    assert.deepEqual([Math.round(box.width), Math.round(box.height)], [56, 56])
    await one.button.click()
    await say(one.frame, 'Видно ли меня?')
    const window = await one.page.locator('beseda-widget iframe').boundingBox()
    assert.equal(Math.round(window.width), 384)
    await stage.shot(one.page, 'widget-hostile')
    await one.context.close()
  })

  await stage.check('a phone is covered whole, and Tab stays inside', async () => {
    const plain = await company.site('Телефон')
    const one = await visit(plain, { width: 390, height: 780 })
    await one.button.click()
    await one.frame.locator('.composer textarea').waitFor()
    const window = await one.page.locator('beseda-widget iframe').boundingBox()
    assert.deepEqual(window, { x: 0, y: 0, width: 390, height: 780 })
    for (let i = 0; i < 12; i++) {
      await one.page.keyboard.press('Tab')
      assert.equal(await one.frame.evaluate(() => document.hasFocus()), true, `Tab ${i}`)
    }
    await stage.shot(one.page, 'widget-phone')
    await one.page.keyboard.press('Escape')
    await one.page.locator('beseda-widget iframe').waitFor({ state: 'hidden' })
    await one.context.close()
  })

  await stage.check('without a storage of its own the talk survives a reload', async () => {
    const plain = await company.site('Без хранилища')
    const forbidden = () => {
      if (self === top) return
      Object.defineProperty(window, 'localStorage', { get: () => { throw new DOMException('denied', 'SecurityError') } })
    }
    const one = await visit(plain, { script: forbidden })
    await one.button.click()
    await say(one.frame, 'Запомните меня')
    await one.page.reload()
    const frame = await frameOf(stage, one.page)
    await frame.locator('#lines').getByText('Запомните меня').waitFor()
    await one.context.close()
  })

  await stage.check('the other channel is a link whose mark keeps the source', async () => {
    const bot = await company.telegram()
    await api.patch(`/channels/${bot.channel_id}`, { use_in_widget: true })
    const plain = await company.site('С Telegram', { title_en: 'Doors' })
    const one = await visit(plain, { query: '?utm_source=vk&utm_campaign=locks' })
    await one.button.click()
    const link = one.frame.locator('#lines a.way')
    await link.waitFor()
    await stage.axe(one.frame, 'the chips')
    const url = new URL(await link.getAttribute('href'))
    assert.equal(url.hostname, 't.me')
    await one.frame.getByRole('button', { name: 'Другие способы связи' }).click()
    await one.frame.getByRole('heading', { name: 'Где ещё можно написать' }).waitFor()
    await stage.axe(one.frame, 'the chooser')
    await stage.shot(one.page, 'widget-channels')
    await one.page.keyboard.press('Escape')
    await one.frame.locator('.composer textarea').waitFor()
    const customer = await bot.customer('Пётр')
    await customer.say(`/start ${url.searchParams.get('start')}`)
    const talk = await talks('/start')
    assert.equal(talk.attribution.campaign, 'locks')
    await one.context.close()
  })

  await stage.check('with nobody on line a request is left, phone or e-mail needed', async () => {
    await api.put('/me/presence', { presence: 'off' })
    const plain = await company.site('Ночью', { language: 'en', theme: 'dark' })
    const one = await visit(plain)
    await one.button.click()
    await one.frame.getByRole('heading', { name: 'Leave a request' }).waitFor()
    await stage.shot(one.page, 'widget-offline')
    await stage.axe(one.frame, 'the offline form')
    await one.frame.locator('#field-name').fill('Olga')
    await one.frame.locator('#field-text').fill('Call me about the locks')
    await one.frame.getByRole('button', { name: 'Send request' }).click()
    await one.frame.getByText('Leave a phone or an e-mail').waitFor()
    await one.frame.locator('#field-email').fill('olga@example.com')
    await one.frame.getByRole('button', { name: 'Send request' }).click()
    await one.frame.getByText('We have your request').waitFor()
    const { items } = await api.get('/conversations')
    assert.equal(items.filter((talk) => talk.kind === 'request').length, 1)
    await owner.online()
    await one.context.close()
  })

  for (const [theme, language, width] of [['light', 'ru', 900], ['dark', 'en', 900], ['dark', 'ru', 390]]) {
    await stage.check(`the preview draws every state: ${theme}, ${language}, ${width} px`, async () => {
      const one = await stage.person({ width, height: 760, bypassCSP: true })
      await one.context.addInitScript(openRoots)
      // A page of our own origin around it, as the cabinet is.
      await one.page.route('**/around', (route) => route.fulfill({
        contentType: 'text/html',
        body: '<iframe id="preview" title="preview" style="position:fixed;inset:0;width:100%;height:100%;border:0" src="/widget/preview/preview.html"></iframe>',
      }))
      await one.page.goto('/around')
      await frameOf(stage, one.page)
      const settings = { title: 'Двери Град', ask_phone: 'required', color: '#7a3db8' }
      for (const state of STATES) {
        await one.page.evaluate((told) => {
          document.getElementById('preview').contentWindow.postMessage({ type: 'beseda.preview', ...told }, location.origin)
        }, { settings, state, theme, language })
        const inner = one.page.frames().find((f) => f.url().includes('/frame.html'))
        const sign = { form: '#field-phone', chat: '#lines .mine', offline: '#field-text', channels: '#sheet a', rating: '.stars' }[state]
        if (sign) await inner.locator(sign).first().waitFor()
        await one.page.waitForTimeout(300)
        await stage.shot(one.page, `widget-preview-${theme}-${language}-${width}-${state}`)
        if (sign) await stage.axe(inner, `${state}, ${theme}, ${language}`)
      }
      await one.context.close()
    })
  }
}
