// Every screen, for the tests that look at all of them: its name, its address in a furnished company
// (furnished.mjs), and what is done there before it is looked at. Keys and marks, no words: screens
// are looked at in two languages. `looked`: its picture is kept (visual.mjs).
import { blur, press } from './desk.mjs'

const MOD = { ctrlKey: true }
const SHIFT = { shiftKey: true }

/** A key at the desk, and the thing that it opens. */
const opens = (code, modifiers, mark) => async (page) => {
  await blur(page)
  await press(page, code, '', modifiers)
  if (mark) await page.locator(mark).first().waitFor()
}
const dialog = '[role=dialog], [role=menu], [role=listbox]'
const slash = async (page) => {
  await page.locator('[data-composer]').focus()
  await page.keyboard.press('/')
  await page.locator('[role=listbox]').first().waitFor()
}

export const outside = [
  { name: 'log-in', looked: true, path: () => '/login' },
  { name: 'sign-up', looked: true, path: () => '/sign-up' },
  { name: 'invite-unknown', path: () => '/invite#nonsense' },
]

export const inside = [
  { name: 'desk-new', looked: true, path: () => '/desk/new' },
  { name: 'desk-work', looked: 'dark too', path: (f) => `/desk/in_work/${f.open}` },
  { name: 'desk-fresh', looked: true, path: (f) => `/desk/new/${f.fresh}` },
  { name: 'desk-closed', looked: true, path: (f) => `/desk/closed/${f.closed}` },
  { name: 'desk-note', looked: true, path: (f) => `/desk/in_work/${f.open}`, act: opens('KeyN', {}) },
  { name: 'desk-canned', looked: true, path: (f) => `/desk/in_work/${f.open}`, act: slash },
  { name: 'desk-transfer', looked: true, path: (f) => `/desk/in_work/${f.open}`, act: opens('KeyT', SHIFT, dialog) },
  { name: 'desk-palette', looked: 'dark too', path: (f) => `/desk/in_work/${f.open}`, act: opens('KeyK', MOD, dialog) },
  { name: 'desk-keys', looked: true, path: (f) => `/desk/in_work/${f.open}`, act: opens('Slash', SHIFT, dialog) },
  { name: 'desk-write', looked: true, path: () => '/desk/new', act: opens('KeyC', {}, dialog) },
  {
    name: 'desk-search', looked: true,
    path: () => '/desk/new',
    act: async (page) => {
      await opens('Slash', {}, '[data-search]:focus')(page)
      await page.locator('[data-search]').fill('эмали')
      await page.keyboard.press('End')
      await page.locator('mark').first().waitFor()
    },
  },
  { name: 'overview', looked: true, path: () => '/cabinet' },
  { name: 'board', looked: true, path: () => '/cabinet/board' },
  { name: 'channels', looked: true, path: () => '/cabinet/channels' },
  { name: 'connect-widget', path: () => '/cabinet/channels/new/widget' },
  { name: 'connect-telegram', looked: true, path: () => '/cabinet/channels/new/telegram_bot' },
  ...['email', 'viber', 'vk', 'avito', 'autoru', 'sms'].map((kind) => ({
    name: `connect-${kind}`, path: () => `/cabinet/channels/new/${kind}`,
  })),
  { name: 'channel-site', path: (f) => `/cabinet/channels/${f.site.channel_id}` },
  { name: 'channel-bot', path: (f) => `/cabinet/channels/${f.bot.channel_id}` },
  { name: 'scenarios', looked: true, path: () => '/cabinet/scenarios' },
  { name: 'scenario', looked: 'dark too', path: (f) => `/cabinet/scenarios/${f.scenario.scenario_id}` },
  { name: 'hours', looked: true, path: () => '/cabinet/hours' },
  { name: 'crm', looked: true, path: () => '/cabinet/crm' },
  { name: 'replies', looked: true, path: () => '/cabinet/replies' },
  { name: 'tags', looked: true, path: () => '/cabinet/tags' },
  { name: 'fields', looked: true, path: () => '/cabinet/fields' },
  { name: 'blacklist', path: () => '/cabinet/blacklist' },
  { name: 'people', looked: true, path: () => '/cabinet/people' },
  { name: 'employee', path: (f) => `/cabinet/people/${f.anton.employee_id}` },
  { name: 'company', looked: true, path: () => '/cabinet/company' },
  { name: 'tokens', path: () => '/cabinet/tokens' },
  { name: 'webhooks', looked: true, path: () => '/cabinet/webhooks' },
  { name: 'audit', path: () => '/cabinet/audit' },
  { name: 'profile', path: () => '/cabinet/profile' },
]
