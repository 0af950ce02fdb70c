import type { Capabilities } from '../../kit/api/types'
import { t } from '../../kit/i18n'
import { number, size } from '../../kit/i18n/format'
import { smsOf } from './sms'

/** How long a text is as the service counts. */
export function length(text: string, unit: Capabilities['text_unit']): number {
  switch (unit) {
    case 'characters':
      return [...text].length
    case 'utf16':
      return text.length
    case 'bytes':
      return new TextEncoder().encode(text).length
    case 'sms_parts':
      return smsOf(text).parts
  }
}

export function fileKind(type: string): Capabilities['files'][number]['kind'] {
  if (type.startsWith('image/')) return 'image'
  if (type.startsWith('video/')) return 'video'
  if (type.startsWith('audio/')) return 'audio'
  return 'file'
}

/** What our own server takes, whatever the channel can. */
export const LARGEST_UPLOAD = 50 * 1024 * 1024

/** Why a message cannot go out through this channel, said before it is sent. */
export function tooMuch(
  text: string,
  files: { name: string; type: string; size: number }[],
  channel: Capabilities | undefined,
): string | null {
  for (const file of files) {
    if (file.size === 0) return t.limits.empty(file.name)
    const limit = channel?.files.find((one) => one.kind === fileKind(file.type))
    if (channel && !limit) return t.limits.noFiles(file.name)
    const most = Math.min(LARGEST_UPLOAD, limit?.max_bytes ?? LARGEST_UPLOAD)
    if (file.size > most) return t.limits.file(file.name, size(most))
  }
  if (!channel) return null
  if (files.length > channel.max_files) return t.limits.files(channel.max_files)
  const most = files.length > 0 ? channel.max_caption : channel.max_text
  const long = length(text, channel.text_unit)
  if (long <= most) return null
  return channel.text_unit === 'sms_parts' ? t.limits.sms(long, most) : t.limits.text(number(long), number(most))
}

/** What a channel takes, in words: said before anything is chosen. */
export function accepts(channel: Capabilities | undefined): string {
  if (!channel) return ''
  if (channel.files.length === 0 || channel.max_files === 0) return t.talk.files.none
  const told = channel.files
    .filter((one) => one.kind in t.talk.files.kind)
    .map((one) => t.talk.files.upTo(t.talk.files.kind[one.kind], size(Math.min(LARGEST_UPLOAD, one.max_bytes))))
  return t.talk.files.accepts([...new Set(told)].join(', '))
}

/** How full the text is: from four fifths of what the channel takes; of an SMS, which is paid by its
 * parts, from the first letter on. */
export function fullness(
  text: string,
  files: number,
  channel: Capabilities | undefined,
): { told: string; look: 'calm' | 'near' | 'over' } | null {
  const most = channel && (files > 0 ? channel.max_caption : channel.max_text)
  if (!most) return null
  if (channel.text_unit === 'sms_parts') {
    if (!text) return null
    const { parts, left } = smsOf(text)
    return { told: t.limits.smsFull(parts, left), look: parts > most ? 'over' : parts > 1 ? 'near' : 'calm' }
  }
  const has = length(text, channel.text_unit)
  if (has < most * 0.8) return null
  return { told: `${number(has)} / ${number(most)}`, look: has > most ? 'over' : 'near' }
}
