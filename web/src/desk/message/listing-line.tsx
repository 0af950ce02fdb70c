import type { Listing } from '../../kit/api/types'
import { deskChannels } from '../../kit/i18n/desk-channels'
import { httpOnly, listingLine } from '../listing'

/** The customer writes about another listing now, as part of a sentence. */
export default function ListingLine({ listing }: { listing: Listing }) {
  const f = deskChannels().listing
  const name = listingLine(listing) || f.nameless
  const url = httpOnly(listing.url)
  return (
    <>
      {f.now}{' '}
      {url ? (
        <a href={url} target="_blank" rel="noreferrer noopener" className="break-words text-accent-text underline">
          {name}
        </a>
      ) : (
        <span className="break-words">{name}</span>
      )}
    </>
  )
}
