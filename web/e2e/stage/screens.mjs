// Every screen, for the tests that look at all of them: its name, its address in a furnished company
// (furnished.mjs), and what is done there before it is looked at. Keys and marks, no words: screens
// are looked at in two languages.
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
const typed = (text) => async (page) => {
  await page.locator('[data-composer]').fill(text)
}

export const outside = [
  { name: 'log-in', path: () => '/login' },
  { name: 'sign-up', path: () => '/sign-up' },
  { name: 'invite-unknown', path: () => '/invite#nonsense' },
]

export const inside = [
  { name: 'desk-new', path: () => '/desk/new' },
  { name: 'desk-work', path: (f) => `/desk/in_work/${f.open}`, sizes: 'all' },
  { name: 'desk-fresh', path: (f) => `/desk/new/${f.fresh}` },
  { name: 'desk-closed', path: (f) => `/desk/closed/${f.closed}` },
  { name: 'desk-note', path: (f) => `/desk/in_work/${f.open}`, act: opens('KeyN', {}) },
  { name: 'desk-canned', path: (f) => `/desk/in_work/${f.open}`, act: typed('/') },
  { name: 'desk-transfer', path: (f) => `/desk/in_work/${f.open}`, act: opens('KeyT', SHIFT, dialog) },
  { name: 'desk-palette', path: (f) => `/desk/in_work/${f.open}`, act: opens('KeyK', MOD, dialog) },
  { name: 'desk-keys', path: (f) => `/desk/in_work/${f.open}`, act: opens('Slash', SHIFT, dialog) },
  { name: 'desk-write', path: () => '/desk/new', act: opens('KeyC', {}, dialog) },
  {
    name: 'desk-search',
    path: () => '/desk/new',
    act: async (page) => {
      await opens('Slash', {})(page)
      await page.locator('[data-search]').fill('эмали')
      await page.locator('mark').first().waitFor()
    },
  },
  { name: 'overview', path: () => '/cabinet', moving: true },
  { name: 'board', path: () => '/cabinet/board', moving: true },
  { name: 'channels', path: () => '/cabinet/channels' },
  { name: 'connect-widget', path: () => '/cabinet/channels/new/widget' },
  { name: 'connect-telegram', path: () => '/cabinet/channels/new/telegram_bot' },
  { name: 'connect-email', path: () => '/cabinet/channels/new/email' },
  { name: 'channel-site', path: (f) => `/cabinet/channels/${f.site.channel_id}`, moving: true },
  { name: 'channel-bot', path: (f) => `/cabinet/channels/${f.bot.channel_id}`, moving: true },
  { name: 'scenarios', path: () => '/cabinet/scenarios' },
  { name: 'scenario', path: (f) => `/cabinet/scenarios/${f.scenario.scenario_id}` },
  { name: 'hours', path: () => '/cabinet/hours' },
  { name: 'crm', path: () => '/cabinet/crm' },
  { name: 'replies', path: () => '/cabinet/replies' },
  { name: 'tags', path: () => '/cabinet/tags' },
  { name: 'fields', path: () => '/cabinet/fields' },
  { name: 'blacklist', path: () => '/cabinet/blacklist', moving: true },
  { name: 'people', path: () => '/cabinet/people', moving: true },
  { name: 'employee', path: (f) => `/cabinet/people/${f.anton.employee_id}`, moving: true },
  { name: 'company', path: () => '/cabinet/company', moving: true },
  { name: 'tokens', path: () => '/cabinet/tokens' },
  { name: 'webhooks', path: () => '/cabinet/webhooks' },
  { name: 'audit', path: () => '/cabinet/audit', moving: true },
  { name: 'profile', path: () => '/cabinet/profile', moving: true },
]
