// Where things are at the desk, for areas that work there.

export const row = (page, text) => page.locator('[data-row]', { hasText: text })
export const tab = (page, name) => page.getByRole('tab', { name: new RegExp(`^${name}`) })
export const composer = (page) => page.locator('[data-composer]')
export const bubble = (page, text) => page.locator('article', { hasText: text })
export const arrived = (place) => place.getByRole('img', { name: /Отправлено|Доставлено|Прочитано/ })

/** The desk of an employee who is on line. */
export async function desk(stage, employee, options) {
  await employee.online()
  const one = await stage.person({ as: employee, ...options })
  await one.page.goto('/desk/new')
  await tab(one.page, options?.language === 'en' ? 'New' : 'Новые').waitFor()
  return one
}

/** Takes the keyboard away from whatever has it. */
export const blur = (page) => page.evaluate(() => document.activeElement?.blur())

/** A key by its place, as a Russian layout sends it: another letter, the same `code`. */
export const press = (page, code, key, modifiers = {}) =>
  page.evaluate(
    ([code, key, modifiers]) =>
      (document.activeElement ?? document.body).dispatchEvent(
        new KeyboardEvent('keydown', { code, key, bubbles: true, cancelable: true, ...modifiers }),
      ),
    [code, key, modifiers],
  )
