/** Venues whose accounts watchkeeper reaches itself; `broker.kind` of each is its name. */
export const VENUE_KINDS = ['binance', 'bybit', 'okx'] as const
export type VenueKind = (typeof VENUE_KINDS)[number]

/** Whether a key of the venue has a passphrase beside its secret. */
export const hasPassphrase = (kind: VenueKind): boolean => kind === 'okx'
