/** Finding by a few letters, in Russian or English, also when the layout was the wrong one. */

const EN = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
const RU = 'йцукенгшщзхъфывапролджэячсмитьбюё'

const swaps = new Map<string, string>()
for (const [at, letter] of [...EN].entries()) {
  const other = RU[at] ?? ''
  swaps.set(letter, other)
  swaps.set(other, letter)
}

/** What the same keys type on the other layout. */
export const otherLayout = (text: string) => [...text].map((letter) => swaps.get(letter) ?? letter).join('')

export const plain = (text: string) => text.toLowerCase().replaceAll('ё', 'е').trim()

/** How well a word of the query fits a text: 0 not at all, more is better. */
function fits(word: string, text: string, words: readonly string[]): number {
  if (words.some((one) => one.startsWith(word))) return 4
  if (text.includes(word)) return 2
  if (word.length < 2) return 0
  // The letters in their order, the first at the beginning of a word: «взр» finds «взять в работу».
  for (const [at, one] of words.entries()) {
    if (one[0] !== word[0]) continue
    let from = 0
    const rest = words.slice(at).join(' ')
    if ([...word].every((letter) => (from = rest.indexOf(letter, from) + 1) > 0)) return 1
  }
  return 0
}

/** How well a query fits: every word of it must. An empty query fits everything. */
export function score(query: string, ...texts: readonly string[]): number {
  const asked = plain(query)
  if (!asked) return 1
  let best = 0
  for (const [at, one] of texts.entries()) {
    const text = plain(one)
    const words = text.split(/[\s:«»"“”,.·—-]+/).filter(Boolean)
    for (const [layout, variant] of [asked, plain(otherLayout(asked))].entries()) {
      let sum = 0
      for (const word of variant.split(/\s+/)) {
        const fit = fits(word, text, words)
        if (fit === 0) {
          sum = 0
          break
        }
        sum += fit
      }
      // The title goes before other words for it, the layout that was typed before the other.
      if (sum > 0) best = Math.max(best, sum + (at === 0 ? 0.5 : 0) + (layout === 0 ? 0.25 : 0))
    }
  }
  return best
}
