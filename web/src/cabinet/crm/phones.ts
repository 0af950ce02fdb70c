/** A number as it is compared: `+` and digits; the Russian 8 before ten digits is +7. What is no number stays. */
export function readPhone(text: string): string {
  const digits = text.replaceAll(/[\s()–-]/g, '')
  if (/^8\d{10}$/.test(digits)) return `+7${digits.slice(1)}`
  if (/^\+?\d{7,15}$/.test(digits)) return digits.startsWith('+') ? digits : `+${digits}`
  return text
}

export const readPhones = (texts: readonly string[]): string[] => [...new Set(texts.map(readPhone))]
