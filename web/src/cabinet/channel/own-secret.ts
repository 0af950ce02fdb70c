const SIGNS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** A secret that nobody guesses, of letters and digits that any service's form takes. */
export function ownSecret(length: number, random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array = (b) => crypto.getRandomValues(b)): string {
  // What lies above the last whole run of signs would make the first signs likelier.
  const fair = 256 - (256 % SIGNS.length)
  let made = ''
  while (made.length < length) {
    for (const byte of random(new Uint8Array(length))) if (byte < fair && made.length < length) made += SIGNS[byte % SIGNS.length]
  }
  return made
}
