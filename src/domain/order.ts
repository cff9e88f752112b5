import type { InstrumentId, PositionId } from './ids.ts'
import type { PriceSource, Side } from './position.ts'

/** An id that this service chooses for an order, so that sending it twice makes one order. */
export type ClientOrderId = string & { readonly __brand: 'ClientOrderId' }

/** An order that closes a position: a long is sold, a short is bought back. */
export interface ExitOrder {
  readonly clientOrderId: ClientOrderId
  readonly positionId: PositionId
  readonly instrument: InstrumentId
  /** Side of the position, not of the order. */
  readonly side: Side
  /** Units to close, > 0. */
  readonly quantity: number
  /** How the position is valued; a simulated venue fills at that price. */
  readonly priceSource: PriceSource
  readonly account?: string
  /** Where each position is a ticket of its own at the venue. */
  readonly ticket?: string
  /** Product of the position, where the venue separates holdings by it. */
  readonly product?: string
  /** Reduce-only: the order never goes through zero; set wherever the venue supports it. */
  readonly reduceOnly: boolean
  /** `limit` (price per unit) is a marketable limit order; without it the order is at market. */
  readonly limit?: number
  /**
   * Epoch ms by this service's clock: an order that arrives later must be refused. Set when it is sent, where
   * the venue keeps such a deadline.
   */
  readonly actBy?: number
}

/** An execution of an order. */
export interface Fill {
  readonly clientOrderId: ClientOrderId
  readonly positionId: PositionId
  /** Units, > 0. */
  readonly quantity: number
  /** Price per unit. */
  readonly price: number
}

/**
 * Why a venue refused an order; `refused` where it gives no known reason. `insufficient-quantity`: less can be
 * closed than ordered. `nothing-held`: nothing can be. `held-by-orders`: working orders reserve it.
 * `price-band`: the limit lies outside the prices that the venue takes. `below-minimum`: it is too small.
 */
export type RejectionCode =
  | 'insufficient-quantity'
  | 'nothing-held'
  | 'held-by-orders'
  | 'price-band'
  | 'below-minimum'
  | 'market-closed'
  | 'would-trigger'
  | 'unknown-instrument'
  | 'no-permission'
  | 'refused'

/** The prices per unit that a venue takes at present, where it states them. */
export interface PriceBand {
  readonly low?: number
  readonly high?: number
}

/** A refusal: the order never lived. */
export interface Rejection {
  readonly kind: 'rejected'
  readonly code: RejectionCode
  readonly text?: string
  /** With `price-band`. */
  readonly band?: PriceBand
}

/**
 * A broker's answer to an order. `acknowledged`: it exists; `order` is its state where the answer
 * contains it. `duplicate`: an order of that id exists or existed, query its outcome. `rejected`:
 * this attempt never lived.
 */
export type ExitAnswer =
  | { readonly kind: 'acknowledged'; readonly order?: LivedOrder }
  | { readonly kind: 'duplicate' }
  | Rejection

/** How much of an order was executed. */
export interface Execution {
  /** Units, >= 0. */
  readonly quantity: number
  /** Average price per unit; null where nothing was executed or the venue does not give it. */
  readonly price: number | null
}

/** An order that the venue has accepted at some time. `ended`: cancelled, expired or killed by the venue. */
export interface LivedOrder {
  readonly kind: 'working' | 'filled' | 'ended'
  readonly executed: Execution
  /** Why it ended, in the words of the venue. */
  readonly text?: string
}

/**
 * The answer to an order query. `absent`: the venue finds no order of that id, which is a proof
 * only as far as its `lookup`, `lookupKeeps` and `visibilityMs` go. `rejected` proves that nothing of the order
 * is executed: the venue refused it, or its exchange did after the venue had accepted it.
 */
export type OrderState =
  | LivedOrder
  | Rejection
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown' }
