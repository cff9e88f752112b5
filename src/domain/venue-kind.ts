/** Venues whose accounts watchkeeper reaches itself; `broker.kind` of each is its name. */
export const VENUE_KINDS = ['binance', 'bybit', 'okx'] as const
export type VenueKind = (typeof VENUE_KINDS)[number]
