import type { InstrumentId } from '../domain/ids.ts'
import type { ClientOrderId, ExitOrder, Fill } from '../domain/order.ts'
import type { Side } from '../domain/position.ts'

/** Why a venue refused an order; `refused` where it gives no reason that we know. */
export type RejectionCode = 'insufficient-quantity' | 'cancelled' | 'refused'

/**
 * What a broker answers to an order: it exists and is done, it exists and works, or it never lived
 * (`cancelled`: an order of that id lived and has ended, so the id makes no order again).
 */
export type ExitAnswer =
  | { readonly kind: 'filled'; readonly fill: Fill }
  | { readonly kind: 'acknowledged' }
  | { readonly kind: 'rejected'; readonly code: RejectionCode }

/** A venue that carries exits out. */
export interface Broker {
  /** Sends an order. Sending the same client order id again makes no second order. */
  placeExit(order: ExitOrder, signal: AbortSignal): Promise<ExitAnswer>
  /** Reports fills of acknowledged orders from now on. */
  streamOrders(listener: (fill: Fill) => void): void
}

/** What the account holds of an instrument on one side. */
export interface Holding {
  readonly instrument: InstrumentId
  readonly side: Side
  /** Units, > 0 for a long and < 0 for a short. */
  readonly quantity: number
  /** Epoch ms at which the venue knew it. */
  readonly asOf: number
}

/** An answer to the question for one holding; `unknown` proves nothing. */
export type HoldingReport =
  | { readonly kind: 'held'; readonly quantity: number; readonly asOf: number }
  | { readonly kind: 'flat'; readonly asOf: number }
  | { readonly kind: 'unknown' }

/**
 * What became of an order. `absent` proves that none of that id was ever accepted; `cancelled` that
 * it ended without a fill, and that its id makes no order again.
 */
export type OrderState =
  | { readonly kind: 'filled'; readonly fill: Fill }
  | { readonly kind: 'working' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown' }

/**
 * A broker whose account can be asked for evidence. `placeExit` and `cancel` throw `NotSent` (did
 * not happen) or `OutcomeUnknown` (may have happened); a question that has no answer says `unknown`.
 */
export interface AccountBroker extends Broker {
  /** Everything that is held, flat rows left out; throws `NotSent` when the venue does not answer. */
  holdings(): Promise<readonly Holding[]>
  /**
   * The holding of an instrument on one side. Without a side that of both: the quantities are
   * netted, but it is `flat` only where neither side holds anything.
   */
  holding(instrument: InstrumentId, side?: Side): Promise<HoldingReport>
  orderByClientId(id: ClientOrderId): Promise<OrderState>
  /** Ends a working order and tells how it stands then: it may have been filled before. */
  cancel(id: ClientOrderId): Promise<OrderState>
  /** Lets calls under way end, then lets go of the account. */
  close(): Promise<void>
}
