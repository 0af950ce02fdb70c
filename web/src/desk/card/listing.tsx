import { ExternalLink, Tag } from 'lucide-react'
import { useState } from 'react'
import { deskChannels } from '../../kit/i18n/desk-channels'
import type { Chat } from '../store/state'
import { httpOnly, listingName } from '../listing'
import { Part } from './part'

/** What the customer writes about: the goods, the car, the flat. */
export function ListingCard({ chat }: { chat: Chat }) {
  const { listing } = chat.attribution
  const [broken, setBroken] = useState('')
  if (!listing) return null
  const f = deskChannels().listing
  const url = httpOnly(listing.url)
  const image = httpOnly(listing.image)
  const name = listingName(listing) || f.nameless
  const body = (
    <>
      <span className="grid size-16 shrink-0 place-items-center overflow-hidden rounded-control bg-raised text-ink3">
        {image && broken !== image ? (
          <img
            src={image}
            alt=""
            loading="lazy"
            referrerPolicy="no-referrer"
            className="size-full object-cover"
            onError={() => setBroken(image)}
          />
        ) : (
          <Tag size={22} aria-hidden="true" />
        )}
      </span>
      <span className="min-w-0 flex-1">
        <span className="line-clamp-2 font-medium break-words">{name}</span>
        {listing.price && <span className="num block text-second text-ink2">{listing.price}</span>}
        {url && (
          <span className="flex items-center gap-1 text-caption text-accent-text">
            <ExternalLink size={12} aria-hidden="true" />
            {f.open}
          </span>
        )}
      </span>
    </>
  )
  const look = 'flex items-start gap-3'
  return (
    <Part title={f.title}>
      {url ? (
        <a
          data-listing
          href={url}
          target="_blank"
          rel="noreferrer noopener"
          title={url}
          className={`${look} -m-2 rounded-control p-2 hover:bg-hover`}
        >
          {body}
        </a>
      ) : (
        <div data-listing className={look}>
          {body}
        </div>
      )}
    </Part>
  )
}
