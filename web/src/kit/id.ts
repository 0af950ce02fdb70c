/** An id that nobody else makes. `crypto.randomUUID` is missing on pages without TLS that are not
 * on localhost, as a Beseda in an office's network is. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
