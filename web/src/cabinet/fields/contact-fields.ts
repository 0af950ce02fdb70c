import { api, ask } from '../../kit/api/client'
import type { components } from '../../kit/api/schema'

/** A field that the company keeps about its customers. */
export type ContactField = components['schemas']['ContactFieldView']
export type FieldOfContact = components['schemas']['ContactFieldKind']

export const readFields = async (): Promise<ContactField[]> => {
  const { items } = await ask(api.GET('/api/v1/contact-fields'))
  return [...items].sort((a, b) => a.position - b.position || a.name.localeCompare(b.name))
}

export const addField = (body: ContactField) => ask(api.POST('/api/v1/contact-fields', { body }))
export const saveField = ({ key, ...body }: ContactField) =>
  ask(api.PUT('/api/v1/contact-fields/{key}', { params: { path: { key } }, body }))
export const deleteField = (key: string) =>
  ask(api.DELETE('/api/v1/contact-fields/{key}', { params: { path: { key } } }))

/** One place up or down; the fields whose place changed, with their new ones. */
export function moved(fields: readonly ContactField[], key: string, by: -1 | 1): ContactField[] {
  const from = fields.findIndex((one) => one.key === key)
  const to = from + by
  const order = [...fields]
  const [taken] = order.splice(from, 1)
  if (!taken || to < 0 || to > order.length) return []
  order.splice(to, 0, taken)
  return order.flatMap((one, position) => (one.position === position ? [] : [{ ...one, position }]))
}

const LETTERS: Record<string, string> = Object.fromEntries(
  'а=a б=b в=v г=g д=d е=e ё=e ж=zh з=z и=i й=y к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=h ц=ts ч=ch ш=sh щ=sch ъ= ы=y ь= э=e ю=yu я=ya'
    .split(' ')
    .map((pair) => pair.split('=') as [string, string]),
)

/** A key made of a name: small Latin letters, digits, underscores, not one of those taken. */
export function keyOf(name: string, taken: readonly string[]): string {
  const plain = [...name.toLowerCase()]
    .map((letter) => LETTERS[letter] ?? letter)
    .join('')
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 40)
  const base = /^[a-z]/.test(plain) ? plain : `field_${plain}`.replace(/_$/, '')
  if (!taken.includes(base)) return base
  for (let n = 2; ; n++) if (!taken.includes(`${base}_${n}`)) return `${base}_${n}`
}
