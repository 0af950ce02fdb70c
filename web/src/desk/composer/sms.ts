/** How many parts a text takes as SMS, as the server counts (`domain::sms`): the GSM 7-bit default
 * alphabet with its extension table (3GPP TS 23.038), else UTF-16. Parts of a longer text carry a
 * header of six bytes each (TS 23.040). */

const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
)
/** These take an escape and a second septet. */
const EXTENDED = new Set('\f^{}\\[~]|€')

const latin = (sign: string) => (BASIC.has(sign) ? 1 : EXTENDED.has(sign) ? 2 : 0)

export interface Sms {
  parts: number
  /** Units that the last part still takes: letters, for most texts. */
  left: number
}

export function smsOf(text: string): Sms {
  const signs = [...text]
  const plain = signs.every(latin)
  const units = plain ? latin : (sign: string) => sign.length
  const [whole, room] = plain ? [160, 153] : [70, 67]
  const all = signs.reduce((sum, sign) => sum + units(sign), 0)
  if (all <= whole) return { parts: 1, left: whole - all }
  let parts = 1
  let taken = 0
  for (const sign of signs) {
    // No sign is cut in two, so a part may stay a unit short.
    if (taken + units(sign) > room) {
      parts++
      taken = 0
    }
    taken += units(sign)
  }
  return { parts, left: room - taken }
}
