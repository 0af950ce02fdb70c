// A company in which every screen has something to show, the same at each run: who wrote, in which
// order, and when it was.
import { uuid } from './company.mjs'

/** What time it is for pages that are looked at: a Friday in Moscow. */
export const NOW = new Date('2026-11-20T12:30:00+03:00')

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR42mNk+M9QzzCKBgUAAPUJAf8qzOFTAAAAAElFTkSuQmCC', 'base64')

const WRITERS = [
  ['Тимур Валеев', 'Добрый день! Сколько стоит доставка до Мытищ?'],
  ['Ольга Руденко', 'Можно ли заменить ручки на чёрные? В заказе были хром.'],
  ['Игорь Панов', 'Спасибо, всё пришло в срок.'],
  ['Полина Жданова', 'Подскажите, когда будет замерщик? Ждём с 10 до 12.'],
  ['Михаил Ладогин', 'Здравствуйте, нужен счёт на юрлицо: 12 дверей, реквизиты пришлю.'],
  ['Дарья Ким', 'А в размере 90×210 эта модель бывает?'],
  ['Екатерина Мельникова', 'Здравствуйте! Увидела у вас дверь «Турин» в белой эмали. Есть в наличии 80×200?'],
]

/** Writes a conversation: [name, text] of the customer, or text of the operator, or { note }. */
async function talk(company, bot, who, customers, lines) {
  const customer = customers.get(who)
  const { conversation_id } = await company.conversation(WRITERS.find(([name]) => name === who)[1])
  const path = `/conversations/${conversation_id}`
  await company.api.post(`${path}/take`)
  let n = 0
  for (const line of lines) {
    if (line.says) {
      await customer.say(line.says)
      await company.conversation(line.says)
    } else {
      const message = line.note ? { kind: 'note', text: line.note } : { text: line.answer }
      await company.api.post(`${path}/messages`, { client_id: `${conversation_id}-${n++}`, ...message })
    }
  }
  return conversation_id
}

export async function furnished(stage) {
  const company = await stage.company({ name: 'Двери Град', owner: 'Марина Кравцова', email: 'marina@dveri-grad.ru' })
  const { api, owner } = company
  const anton = await company.employee('Антон Белов', 'operator', [], 'anton@dveri-grad.ru')
  const olga = await company.employee('Ольга Синицына', 'supervisor', [], 'olga@dveri-grad.ru')
  const bot = await company.telegram('Двери Град в Telegram', `dveri_${stage.area}_bot`)
  const site = await company.site('Сайт dveri-grad.ru')
  await owner.online()
  await anton.online()

  const group = await api.post('/groups', { name: 'Отдел продаж', members: [owner.employee_id, anton.employee_id] })
  const tags = {}
  for (const [name, color] of [['VIP', '#b45309'], ['Замер', '#2563eb'], ['Рекламация', '#dc2626']]) {
    tags[name] = (await api.post('/tags', { name, color })).tag_id
  }
  for (const [shortcut, title, text, section] of [
    ['склад', 'Есть на складе', 'Здравствуйте, {имя}! Эта модель есть на складе, доставим за два дня.', 'Наличие'],
    ['замер', 'Запись на замер', 'Замерщик приедет в удобный вам день с 10 до 18. Когда вам удобно?', 'Замер'],
    ['спасибо', 'Спасибо', 'Спасибо за обращение. Хорошего дня.', ''],
  ]) {
    await api.post('/canned-replies', { shortcut, title, text, section, group_id: null }).catch(() => {})
  }
  const scenario = await api.post('/scenarios', {
    name: 'По очереди',
    tree: { steps: [{ do: 'distribute', to: 'everybody', by: { strategy: 'round_robin' } }] },
  })
  await api.post('/blacklist', { kind: 'phone', value: '+7 900 123-45-67', note: 'Спам' }).catch(() => {})

  const customers = new Map()
  for (const [name, text] of WRITERS) {
    const customer = await bot.customer(name)
    customers.set(name, customer)
    await customer.say(text)
    await company.conversation(text)
  }
  const fresh = (await company.conversation('90×210')).conversation_id
  const open = await talk(company, bot, 'Екатерина Мельникова', customers, [
    { answer: 'Добрый день, Екатерина! Да, «Турин» 80×200 в белой эмали есть на складе.' },
    { says: 'Отлично. А коробка и наличники входят в цену?' },
    { note: 'Она уже брала у нас две двери, можно дать скидку 7 %.' },
    { answer: 'Коробка входит, наличники по 780 ₽ за штуку: нужно пять. С вашей скидкой 7 % выйдет 24 180 ₽.' },
    { says: 'Подходит. Как оплатить?' },
  ])
  await talk(company, bot, 'Тимур Валеев', customers, [{ answer: 'До Мытищ 1 200 ₽, подъём отдельно.' }])
  const closed = await talk(company, bot, 'Игорь Панов', customers, [{ answer: 'Рады, что всё понравилось.' }])
  await api.post(`/conversations/${closed}/close`)
  const { contact_id } = await api.get(`/conversations/${open}`).then((told) => told.conversation ?? told)
  await api.post(`/contacts/${contact_id}/phones`, { phone: '+7 926 441-08-32' }).catch(() => {})
  await api.post(`/contacts/${contact_id}/emails`, { email: 'e.melnikova@mail.ru' }).catch(() => {})
  await api.put(`/contacts/${contact_id}/tags/${tags.VIP}`).catch(() => {})
  await customers.get('Полина Жданова').file(PNG, { kind: 'photo', name: 'proem.png', caption: 'Вот наш проём' })
  await company.conversation('Вот наш проём').catch(() => {})
  await api.post('/endpoints', { url: 'https://crm.example.ru/hooks/beseda' }).catch(() => {})

  // Everything happened on one morning, a minute from line to line. Deliveries have ended by now.
  await stage.until(async () => !Number(await stage.sql(
    `select count(*) from messages where account_id = '${uuid(company.account_id)}' and status in ('queued', 'sending')`)))
  await stage.sql(fixedTimes(uuid(company.account_id)))
  return { company, owner, anton, olga, bot, site, group, scenario, open, fresh, closed, contact_id }
}

/** Puts every time of a company to the morning of NOW, in the order of what happened. */
const fixedTimes = (account) => `
  update messages m set occurred_at = t.at, created_at = t.at
  from (select message_id, timestamptz '2026-11-20 10:00+03' + row_number() over (order by created_at, message_id) * interval '3 minutes' as at
    from messages where account_id = '${account}') t
  where m.account_id = '${account}' and m.message_id = t.message_id;
  update conversations c set last_message_at = t.last, opened_at = t.first,
    waiting_since = case when c.waiting_since is null then null else t.last end,
    taken_at = case when c.taken_at is null then null else t.first end,
    closed_at = case when c.closed_at is null then null else t.last end
  from (select conversation_id, min(created_at) as first, max(created_at) as last from messages
    where account_id = '${account}' group by 1) t
  where c.account_id = '${account}' and c.conversation_id = t.conversation_id;
  update accounts set created_at = '2026-11-02 10:00+03' where account_id = '${account}';
  update channels set state_at = '2026-11-20 10:00+03' where account_id = '${account}';
  update employees set presence_at = '2026-11-20 11:00+03' where account_id = '${account}';
  update tags set created_at = '2026-11-12 10:00+03' where account_id = '${account}';
  update scenarios set updated_at = '2026-11-12 10:00+03' where account_id = '${account}';
  update endpoints set failing_since = '2026-11-20 10:00+03' where account_id = '${account}';
  update contacts set created_at = '2026-11-20 10:00+03', updated_at = '2026-11-20 10:00+03' where account_id = '${account}';`
