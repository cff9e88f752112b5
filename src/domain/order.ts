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
