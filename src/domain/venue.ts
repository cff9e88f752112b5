import type { RestingStop } from './resting-stop.ts'

/** Groups of endpoints of a venue: each has its own circuit breaker. */
export const ENDPOINT_GROUPS = ['orders', 'account', 'quotes'] as const

/** Name of one group. */
export type EndpointGroup = (typeof ENDPOINT_GROUPS)[number]

/** A limit on calls that a venue publishes, or that the service assumes; each has a throttle. */
export interface CallLimit {
  readonly name: string
  readonly groups: readonly EndpointGroup[]
  readonly perSecond?: number
  readonly perMinute?: number
  readonly perHour?: number
  readonly perDay?: number
}

/** What a venue reports of one of its limits with an answer. */
export interface LimitUse {
  /** Groups whose calls count in it. */
  readonly groups: readonly EndpointGroup[]
  /** Share that is used in the present window, 0 to 1 and above. */
  readonly share: number
  /** Until the window ends, ms. */
  readonly resetInMs: number
}

/**
 * How long a venue finds an order by its id, counted from its send: for ever, so many ms, or until that local
 * time of day (`HH:mm`, in an IANA time zone), at which it forgets the orders of its day. Past it an absent
 * order proves nothing.
 */
export type LookupHorizon =
  | 'ever'
  | { readonly ms: number }
  | { readonly until: string; readonly timezone: string }

/** A type of order that exits are sent as. */
export type OrderType = 'market' | 'marketable-limit'

/** The capabilities of a venue. They decide what an answer proves. */
export interface Capabilities {
  /**
   * Whether an order id that was used before makes no second order: for good, or only while the
   * first one works.
   */
  readonly dedupe: 'always' | 'open-only' | 'never'
  /** Which orders the venue finds by their client order id. */
  readonly lookup: 'complete' | 'open-only' | 'none'
  /** How long it finds them; absent: for ever. */
  readonly lookupKeeps?: LookupHorizon
  /** Whether the venue itself refuses an order that arrives after its `actBy`; absent: it does not. */
  readonly deadline?: 'kept' | 'ignored'
  /** Whether an order can be marked never to go through zero. */
  readonly reduceOnly: boolean
  /** One signed quantity for each instrument, for each side of it, or for each ticket. */
  readonly holdings: 'net' | 'sides' | 'tickets'
  /** Whether holdings of one instrument are separate for each product, such as margin and delivery. */
  readonly products?: boolean
  /** Longest time until an accepted order shows in order queries and holdings, ms. */
  readonly visibilityMs: number
  /** Longest client order id, characters. */
  readonly clientOrderIdLength: number
  /** Order types for exits. */
  readonly styles: readonly OrderType[]
  readonly limits: readonly CallLimit[]
  /** Stop orders that rest at the venue; absent: it takes none. */
  readonly restingStop?: RestingStop
}
