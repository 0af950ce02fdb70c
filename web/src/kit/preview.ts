/** One line of a message for lists: its words, or the name of what it is when it has none (the server
 * names the kind in brackets). */
import { t } from './i18n'

export function previewOf(text: string): string {
  const names: Record<string, string> = t.chat.wordless
  return names[text] ?? text
}
