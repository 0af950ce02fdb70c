/** Where a phone is: countries of one time zone, and Russian codes of places. A mobile number of a
 * large country says nothing of it. */
const COUNTRIES: [string, string][] = [
  ['77', 'Asia/Almaty'],
  ['375', 'Europe/Minsk'],
  ['380', 'Europe/Kyiv'],
  ['374', 'Asia/Yerevan'],
  ['995', 'Asia/Tbilisi'],
  ['994', 'Asia/Baku'],
  ['998', 'Asia/Tashkent'],
  ['996', 'Asia/Bishkek'],
  ['992', 'Asia/Dushanbe'],
  ['993', 'Asia/Ashgabat'],
  ['373', 'Europe/Chisinau'],
  ['972', 'Asia/Jerusalem'],
  ['971', 'Asia/Dubai'],
  ['90', 'Europe/Istanbul'],
  ['49', 'Europe/Berlin'],
  ['44', 'Europe/London'],
  ['33', 'Europe/Paris'],
  ['86', 'Asia/Shanghai'],
]

const RUSSIAN: Record<string, string[]> = {
  'Europe/Kaliningrad': ['401'],
  'Europe/Samara': ['341', '842', '845', '846', '848', '851'],
  'Asia/Yekaterinburg': ['342', '343', '345', '346', '347', '349', '351', '352', '353'],
  'Asia/Omsk': ['381'],
  'Asia/Krasnoyarsk': ['382', '383', '384', '385', '388', '390', '391', '394'],
  'Asia/Irkutsk': ['301', '395'],
  'Asia/Yakutsk': ['302', '411', '416'],
  'Asia/Vladivostok': ['421', '423', '426'],
  'Asia/Magadan': ['413', '424'],
  'Asia/Kamchatka': ['415', '427'],
}

export function zoneOf(phone: string): string | null {
  const digits = phone.replace(/\D/g, '')
  if (/^7[348]\d{9}$/.test(digits)) {
    const code = digits.slice(1, 4)
    if (code.startsWith('80')) return null
    for (const [zone, codes] of Object.entries(RUSSIAN)) if (codes.includes(code)) return zone
    return 'Europe/Moscow'
  }
  return COUNTRIES.find(([code]) => digits.startsWith(code) && digits.length >= 10)?.[1] ?? null
}

/** The hour and minute there; nothing where the browser does not know the zone. */
export function timeThere(zone: string, now: number, language: string): string | null {
  try {
    return new Intl.DateTimeFormat(language, { timeZone: zone, hour: '2-digit', minute: '2-digit' }).format(now)
  } catch {
    return null
  }
}
