import type { InstrumentId, PositionId } from './ids.ts'
import type { PriceSource, Side } from './position.ts'

/** An id that we choose for an order, so that sending it twice makes one order. */
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
  /** Never goes through zero; set wherever the venue can do it. */
  readonly reduceOnly: boolean
  /** `limit` (price per unit) is a marketable limit order; without it the order is at market. */
  readonly limit?: number
}

/** That an order was executed. */
export interface Fill {
  readonly clientOrderId: ClientOrderId
  readonly positionId: PositionId
  /** Units, > 0. */
  readonly quantity: number
  /** Price per unit. */
  readonly price: number
}

/** Why a venue refused an order; `refused` where it gives no reason that we know. */
export type RejectionCode =
  | 'insufficient-quantity'
  | 'market-closed'
  | 'would-trigger'
  | 'unknown-instrument'
  | 'no-permission'
  | 'refused'

/**
 * What a broker answers to an order. `acknowledged`: it exists; `order` is its state where the answer
 * gives it. `duplicate`: an order of that id exists or existed, ask for its outcome. `rejected`:
 * this attempt never lived.
 */
export type ExitAnswer =
  | { readonly kind: 'acknowledged'; readonly order?: LivedOrder }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'rejected'; readonly code: RejectionCode; readonly text?: string }

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
}

/**
 * What became of an order. `absent` says that the venue finds none of that id, which is a proof only
 * as far as its `lookup` and `visibilityMs` go; `rejected` proves that it never lived.
 */
export type OrderState =
  | LivedOrder
  | { readonly kind: 'rejected'; readonly code: RejectionCode; readonly text?: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown' }
