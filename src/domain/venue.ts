/** Endpoint groups of a venue: each has its own circuit breaker. */
export type EndpointGroup = 'orders' | 'account' | 'quotes'

/** A limit on calls that a venue declares, or that is suspected of it; one throttle each. */
export interface CallLimit {
  readonly name: string
  readonly groups: readonly EndpointGroup[]
  readonly perSecond?: number
  readonly perMinute?: number
  readonly perDay?: number
}

/** What a venue can prove. What an answer means depends on it. */
export interface Capabilities {
  /** Whether an order id that was used before makes no second order: for good, or while it works. */
  readonly dedupe: 'always' | 'open-only' | 'never'
  /** Which orders are found by their client order id. */
  readonly lookup: 'complete' | 'open-only' | 'none'
  /** Whether an order can be marked never to go through zero. */
  readonly reduceOnly: boolean
  /** One signed quantity an instrument, one for each side of it, or one for each ticket. */
  readonly holdings: 'net' | 'sides' | 'tickets'
  /** Longest time until what was accepted shows in look-ups and holdings, ms. */
  readonly visibilityMs: number
  /** Longest client order id, characters. */
  readonly clientOrderIdLength: number
  /** Order types for exits. */
  readonly styles: readonly ('market' | 'marketable-limit')[]
  readonly limits: readonly CallLimit[]
}
