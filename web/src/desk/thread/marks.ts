/** Words that were looked for, as something that finds them in a text. The server finds words by
 * their stems, so an ending may differ here too. */
export function marker(query: string): RegExp | null {
  const words = query
    .replace(/(^|\s)-\S+/g, ' ')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length > 1)
    .map((word) => (word.length > 4 ? word.slice(0, -2) : word.length > 3 ? word.slice(0, -1) : word))
    .map((stem) => stem.replace(/[её]/giu, '[её]'))
  if (words.length === 0) return null
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.join('|')})[\\p{L}\\p{N}]*`, 'giu')
}

export interface Cut {
  text: string
  hit: boolean
}

/** The text cut where the marker hits. */
export function cut(text: string, marks: RegExp | null): Cut[] {
  if (!marks) return [{ text, hit: false }]
  const cuts: Cut[] = []
  let end = 0
  for (const match of text.matchAll(marks)) {
    if (match.index > end) cuts.push({ text: text.slice(end, match.index), hit: false })
    end = match.index + match[0].length
    cuts.push({ text: match[0], hit: true })
  }
  if (end < text.length || cuts.length === 0) cuts.push({ text: text.slice(end), hit: false })
  return cuts
}
