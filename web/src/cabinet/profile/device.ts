const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/YaBrowser\//, 'Яндекс Браузер'],
  [/Edg\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\//, 'Firefox'],
  [/Chrom(e|ium)\//, 'Chrome'],
  [/Safari\//, 'Safari'],
]
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/Linux|X11/, 'Linux'],
]

/** The browser and the system of a log-in, in two words; what is not known stays as it came. */
export function device(agent: string): string {
  const name = (list: typeof BROWSERS) => list.find(([mark]) => mark.test(agent))?.[1]
  const browser = name(BROWSERS)
  const system = name(SYSTEMS)
  if (!browser && !system) return agent.slice(0, 60)
  return [browser, system].filter(Boolean).join(', ')
}
