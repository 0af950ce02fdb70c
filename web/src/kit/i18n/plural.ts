/** Forms of a word for a count, by the rules of the language (CLDR). */
const rules = { ru: new Intl.PluralRules('ru'), en: new Intl.PluralRules('en') }

export function ruPlural(n: number, one: string, few: string, many: string): string {
  const form = rules.ru.select(n)
  return form === 'one' ? one : form === 'few' ? few : many
}

export function enPlural(n: number, one: string, other: string): string {
  return rules.en.select(n) === 'one' ? one : other
}
