/** Whom to write to, as a person typed it. The server decides; this says early what cannot be. */

export type Way = 'email' | 'phone' | 'either'

/** What a kind of channel takes for an address. */
export function wayOf(kind: string): Way {
  switch (kind) {
    case 'email':
      return 'email'
    case 'sms':
    case 'whatsapp_web':
    case 'viber':
      return 'phone'
    default:
      return 'either'
  }
}

/** A phone with its country, from the forms that people write in Russia and abroad. */
export function readPhone(text: string): string | null {
  if (!/^[+\d][\d\s().–—-]*$/.test(text)) return null
  const digits = text.replace(/\D/g, '')
  if (text.startsWith('+')) return digits.length >= 8 && digits.length <= 15 ? `+${digits}` : null
  if (digits.length === 11 && /^[78]/.test(digits)) return `+7${digits.slice(1)}`
  if (digits.length === 10 && digits.startsWith('9')) return `+7${digits}`
  return digits.length >= 11 && digits.length <= 15 ? `+${digits}` : null
}

const readEmail = (text: string) => (/^[^\s@,;]+@[^\s@,;]+\.[^\s@.,;]{2,}$/.test(text) ? text.toLowerCase() : null)

const readNick = (text: string) => {
  const nick = /^(?:@|https?:\/\/(?:t\.me|vk\.com)\/)?([a-zA-Z][\w.]{3,31})$/.exec(text)?.[1]
  return nick ? `@${nick}` : null
}

/** The address that is meant; `null`: it cannot be one. */
export function readAddress(way: Way, typed: string): string | null {
  const text = typed.trim()
  switch (way) {
    case 'email':
      return readEmail(text)
    case 'phone':
      return readPhone(text)
    case 'either':
      return readPhone(text) ?? readNick(text)
  }
}
