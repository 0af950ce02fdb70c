import { CarFront, FlaskConical, Mail, MessageCircleMore, MessageSquareText, Phone, Plug, Store } from 'lucide-react'
import { siTelegram, siWhatsapp } from 'simple-icons'
import type { ReactNode } from 'react'

const brand = (path: string) => (
  <svg viewBox="0 0 24 24" fill="currentColor" className="size-[62%]" aria-hidden="true">
    <path d={path} />
  </svg>
)

/** Letters of our own face where a mark would be somebody's artwork. */
const letters = (text: string) => (
  <svg viewBox="0 0 24 24" fill="currentColor" className="size-[84%]" aria-hidden="true">
    <text x="12" y="16.4" textAnchor="middle" fontSize="12" fontWeight="700">
      {text}
    </text>
  </svg>
)

const kinds: Record<string, { colour: string; glyph: ReactNode }> = {
  telegram_bot: { colour: 'bg-[#1f8fce]', glyph: brand(siTelegram.path) },
  telegram: { colour: 'bg-[#4a6fd8]', glyph: brand(siTelegram.path) },
  whatsapp_web: { colour: 'bg-[#1c9a4b]', glyph: brand(siWhatsapp.path) },
  viber: { colour: 'bg-[#6f5ae0]', glyph: <Phone className="size-[58%]" aria-hidden="true" /> },
  vk: { colour: 'bg-[#0a6ef0]', glyph: letters('VK') },
  avito: { colour: 'bg-[#7a4bd1]', glyph: <Store className="size-[62%]" aria-hidden="true" /> },
  autoru: { colour: 'bg-[#d3392b]', glyph: <CarFront className="size-[62%]" aria-hidden="true" /> },
  email: { colour: 'bg-[#b26a00]', glyph: <Mail className="size-[62%]" aria-hidden="true" /> },
  sms: { colour: 'bg-[#5c6b7a]', glyph: <MessageSquareText className="size-[62%]" aria-hidden="true" /> },
  demo: { colour: 'bg-[#5c6b7a]', glyph: <FlaskConical className="size-[62%]" aria-hidden="true" /> },
  widget: { colour: 'bg-[#0b6e5f]', glyph: <MessageCircleMore className="size-[62%]" aria-hidden="true" /> },
}

const unknown = { colour: 'bg-[#5c6b7a]', glyph: <Plug className="size-[62%]" aria-hidden="true" /> }

/** Whose mark a channel has: a demo channel looks like a messenger. */
export function signOf(channel?: { kind: string; looks_like?: string | null }): string {
  return channel?.looks_like ?? channel?.kind ?? ''
}

/** The mark of a kind of channel. The name stands beside it: it is never the colour alone. */
export function ChannelBadge({ kind, size = 'size-[18px]' }: { kind: string; size?: string }) {
  const { colour, glyph } = kinds[kind] ?? unknown
  return <span className={`grid shrink-0 place-items-center rounded-full text-white ${size} ${colour}`}>{glyph}</span>
}
