/** Pairs of a form, and nothing else. */
const FORM = /^[^\s=&]+=[^\s&]*(?:&[^\s=&]+=[^\s&]*)*$/

/** A payload as it is read: JSON and forms on lines of their own, anything else as it came. */
export function pretty(text: string): string {
  const trimmed = text.trim()
  if (FORM.test(trimmed)) return trimmed.split('&').map(pair).join('\n')
  if (!/^[[{]/.test(trimmed)) return text
  try {
    return JSON.stringify(JSON.parse(trimmed), null, 2)
  } catch {
    return text
  }
}

function pair(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    // Cut off within a sign.
    return text
  }
}
