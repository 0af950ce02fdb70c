import type { Listing } from '../kit/api/types'

/** What a listing is called: its title, else the id by which the service knows it. */
export const listingName = (listing: Listing): string =>
  listing.title || (/^https?:/.test(listing.external_id) ? '' : listing.external_id)

/** Name and price on one line. */
export const listingLine = (listing: Listing): string =>
  [listingName(listing), listing.price].filter(Boolean).join(', ')

/** An address that a browser may open; others are shown nowhere. */
export const httpOnly = (address: string | null | undefined): string | undefined =>
  address && /^https?:\/\//i.test(address) ? address : undefined
