/** Endpoint groups of a venue: each has its own circuit breaker. */
export type EndpointGroup = 'orders' | 'account' | 'quotes'

/** A limit on calls that a venue publishes, or that the service assumes; each has a throttle. */
export interface CallLimit {
  readonly name: string
  readonly groups: readonly EndpointGroup[]
  readonly perSecond?: number
  readonly perMinute?: number
  readonly perDay?: number
}

/** The capabilities of a venue. They decide what an answer proves. */
export interface Capabilities {
  /**
   * Whether an order id that was used before makes no second order: for good, or only while the
   * first one works.
   */
  readonly dedupe: 'always' | 'open-only' | 'never'
  /** Which orders the venue finds by their client order id. */
  readonly lookup: 'complete' | 'open-only' | 'none'
  /** Whether an order can be marked never to go through zero. */
  readonly reduceOnly: boolean
  /** One signed quantity for each instrument, for each side of it, or for each ticket. */
  readonly holdings: 'net' | 'sides' | 'tickets'
  /** Longest time until an accepted order shows in order queries and holdings, ms. */
  readonly visibilityMs: number
  /** Longest client order id, characters. */
  readonly clientOrderIdLength: number
  /** Order types for exits. */
  readonly styles: readonly ('market' | 'marketable-limit')[]
  readonly limits: readonly CallLimit[]
}
