/** Zones of Russia and its neighbours first, from west to east; then all that the browser knows. */
const NEAR = [
  'Europe/Kaliningrad',
  'Europe/Moscow',
  'Europe/Samara',
  'Asia/Yekaterinburg',
  'Asia/Omsk',
  'Asia/Novosibirsk',
  'Asia/Krasnoyarsk',
  'Asia/Irkutsk',
  'Asia/Yakutsk',
  'Asia/Vladivostok',
  'Asia/Magadan',
  'Asia/Kamchatka',
  'Europe/Minsk',
  'Asia/Almaty',
  'Asia/Tashkent',
  'Asia/Tbilisi',
  'Asia/Yerevan',
]

/** `UTC+3` of a zone now. */
function offset(zone: string): string {
  try {
    const parts = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'shortOffset' }).formatToParts()
    return (parts.find((part) => part.type === 'timeZoneName')?.value ?? '').replace('GMT', 'UTC')
  } catch {
    return ''
  }
}

export function zoneOptions(held: string): [string, string][] {
  const all = typeof Intl.supportedValuesOf === 'function' ? Intl.supportedValuesOf('timeZone') : []
  const rest = all.filter((zone) => !NEAR.includes(zone))
  const names = [...NEAR, 'UTC', ...rest]
  const listed = names.includes(held) || !held ? names : [held, ...names]
  return listed.map((zone) => [zone, `${zone.replaceAll('_', ' ')}, ${offset(zone)}`.replace(/, $/, '')])
}
