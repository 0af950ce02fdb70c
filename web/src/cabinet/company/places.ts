/** Countries whose telephone numbers we read, those of our readers first. */
const NEAR = ['RU', 'BY', 'KZ', 'UZ', 'KG', 'AM', 'GE', 'AZ', 'TJ', 'TM', 'MD', 'UA']
const REST =
  'AE AL AR AT AU BA BD BE BG BR CA CH CL CN CO CY CZ DE DK EE EG ES FI FR GB GR HK HR HU ID IE IL IN IQ IR IS IT JO JP KR LK LT LU LV MA ME MK MN MX MY NG NL NO NZ PE PH PK PL PT QA RO RS SA SE SG SI SK TH TN TR TW US VN ZA'.split(
    ' ',
  )

export function countries(language: 'ru' | 'en'): (readonly [string, string])[] {
  const names = new Intl.DisplayNames([language], { type: 'region' })
  const named = (code: string) => [code, names.of(code) ?? code] as const
  const rest = REST.map(named).sort((a, b) => a[1].localeCompare(b[1], language))
  return [...NEAR.map(named), ...rest]
}

export const timeZones = (): string[] => Intl.supportedValuesOf('timeZone')

/** The hour there now; nothing for a zone that is not known. */
export function zoneTime(zone: string, now: Date): string {
  if (!zone) return ''
  try {
    return new Intl.DateTimeFormat('ru-RU', { hour: '2-digit', minute: '2-digit', timeZone: zone }).format(now)
  } catch {
    return ''
  }
}
