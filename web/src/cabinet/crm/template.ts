/**
 * Name templates (AMO-9, BY-3). Stored as `Обращение №{enquiry.number}`; shown with the parameter's
 * title in the braces, because people do not read codes. Both ways are pure.
 */
export interface Param {
  param: string
  title: string
  example: string
}

const TOKEN = /\{([^{}]*)\}/g

/** Titles that two parameters share stay codes: they could not be read back. */
function titled(params: readonly Param[]): Map<string, string> {
  const counts = new Map<string, number>()
  for (const one of params) counts.set(one.title, (counts.get(one.title) ?? 0) + 1)
  return new Map(
    params.map((one) => [one.param, counts.get(one.title) === 1 && !/[{}]/.test(one.title) ? one.title : one.param]),
  )
}

export function shown(template: string, params: readonly Param[]): string {
  const titles = titled(params)
  return template.replaceAll(TOKEN, (whole, code: string) => {
    const title = titles.get(code)
    return title === undefined ? whole : `{${title}}`
  })
}

export function stored(text: string, params: readonly Param[]): string {
  const codes = new Map([...titled(params)].map(([code, title]) => [title, code]))
  return text.replaceAll(TOKEN, (whole, title: string) => {
    const code = codes.get(title.trim())
    return code === undefined ? whole : `{${code}}`
  })
}

/** The text with a parameter put in the place of what is selected, and where the caret is then. */
export function inserted(text: string, from: number, to: number, token: string): { text: string; caret: number } {
  return { text: text.slice(0, from) + token + text.slice(to), caret: from + token.length }
}

/** The title as it stands in the braces of this parameter. */
export const tokenOf = (param: string, params: readonly Param[]) => `{${titled(params).get(param) ?? param}}`

/** Codes in braces that are no parameters. `utm.*` and the company's fields may have any key. */
export function unknown(template: string, params: readonly Param[]): string[] {
  const known = new Set(params.map((one) => one.param))
  const strange = [...template.matchAll(TOKEN)].flatMap(([, code = '']) =>
    known.has(code) || /^(utm|contact\.field)\../.test(code) ? [] : [code],
  )
  return [...new Set(strange)]
}

/** With example values: what is shown until the server has answered, or when it does not. */
export function sample(template: string, params: readonly Param[]): string {
  const examples = new Map(params.map((one) => [one.param, one.example]))
  return template
    .replaceAll(TOKEN, (_, code: string) => examples.get(code) ?? '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/** What the CRM gets where no template is set: in the company's language, as the server has it. */
export const DEFAULT_NAMES = {
  ru: {
    contact: '{contact.name}',
    deal: 'Обращение №{enquiry.number}: {channel.name}',
    task: 'Ответить клиенту {contact.name}',
  },
  en: {
    contact: '{contact.name}',
    deal: 'Enquiry #{enquiry.number}: {channel.name}',
    task: 'Answer the client {contact.name}',
  },
} as const

export type CompanyLanguage = keyof typeof DEFAULT_NAMES
