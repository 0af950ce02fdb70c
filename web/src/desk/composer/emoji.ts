import { EMOJI, type EmojiGroup } from './emoji-data'

export interface Emoji {
  sign: string
  words: string
}

const plain = (text: string) => text.toLocaleLowerCase('ru').replaceAll('ё', 'е')

export const groups: { group: EmojiGroup; items: Emoji[] }[] = Object.entries(EMOJI).map(([group, lines]) => ({
  group: group as EmojiGroup,
  items: lines.split('\n').map((line) => {
    const space = line.indexOf(' ')
    return { sign: line.slice(0, space), words: line.slice(space + 1) }
  }),
}))

const all = groups.flatMap((one) => one.items)

/** Those that have a word beginning with each of the typed ones, in either language. */
export function findEmoji(query: string): Emoji[] {
  const typed = plain(query).split(/\s+/).filter(Boolean)
  return all.filter((one) => {
    const words = plain(one.words).split(/[\s|]+/)
    return typed.every((part) => words.some((word) => word.startsWith(part)))
  })
}

/** What a screen reader says of a sign. */
export function nameOf(emoji: Emoji, language: 'ru' | 'en'): string {
  const [ru = '', en = ''] = emoji.words.split('|')
  return language === 'ru' ? ru : en
}

const KEY = 'beseda.emoji'
const MOST = 24

export function recent(): Emoji[] {
  const signs = (localStorage.getItem(KEY) ?? '').split(' ').filter(Boolean)
  return signs.flatMap((sign) => all.find((one) => one.sign === sign) ?? [])
}

export function remember(sign: string) {
  const signs = (localStorage.getItem(KEY) ?? '').split(' ').filter((one) => one && one !== sign)
  localStorage.setItem(KEY, [sign, ...signs].slice(0, MOST).join(' '))
}
