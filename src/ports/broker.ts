import type { InstrumentId } from '../domain/ids.ts'
import type { ClientOrderId, ExitOrder } from '../domain/order.ts'
import type { Side } from '../domain/position.ts'
import type { Tick } from '../domain/tick.ts'

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
  /** Whether an order can be told never to go through zero. */
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
 * tells it. `duplicate`: an order of that id exists or existed, ask what became of it. `rejected`:
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
  /** Average price per unit; null where nothing was executed or the venue does not tell. */
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

/** Which holding is meant; fields that the venue does not tell apart are left out. */
export interface HoldingKey {
  readonly account?: string
  readonly instrument: InstrumentId
  /** Where both sides are held side by side. */
  readonly side?: Side
  /** Where each position is a ticket of its own. */
  readonly ticket?: string
}

/** What an account holds. */
export interface Holding extends HoldingKey {
  /** Units, > 0 for a long and < 0 for a short. */
  readonly quantity: number
  /** Average entry price, where the venue tells it. */
  readonly entryPrice?: number
  /** Epoch ms at which the venue knew it. */
  readonly asOf: number
}

/** An answer to the question for one holding; `unknown` proves nothing. */
export type HoldingReport =
  | { readonly kind: 'held'; readonly quantity: number; readonly asOf: number }
  | { readonly kind: 'flat'; readonly asOf: number }
  | { readonly kind: 'unknown' }

/** A working order of anybody, ours are told by their id. */
export interface OpenOrder {
  readonly clientOrderId: string | null
  readonly instrument: InstrumentId
  /** Units that are not executed yet, > 0 for a buy and < 0 for a sale. */
  readonly remaining: number
}

/** News of one of our orders, pushed by the venue. */
export interface OrderUpdate {
  readonly clientOrderId: ClientOrderId
  readonly order: LivedOrder
}

/**
 * A venue that carries exits out. Errors: `placeExit` and `cancel` throw `NotSent`, `RateLimited`,
 * `Unauthorized` (it did not happen) or `OutcomeUnknown` (it may have); a list that the venue does
 * not give throws one of these; a question about one thing that has no answer says `unknown`, or
 * throws likewise. Every call ends soon after its signal aborts.
 */
export interface Broker {
  readonly capabilities: Capabilities
  /** Sends an order. */
  placeExit(order: ExitOrder, signal: AbortSignal): Promise<ExitAnswer>
  orderByClientId(id: ClientOrderId, signal: AbortSignal): Promise<OrderState>
  /** Ends a working order and tells how it stands then: a fill may have crossed. */
  cancel(id: ClientOrderId, signal: AbortSignal): Promise<OrderState>
  /** Asked for by name: the only question whose answer can prove that something is flat. */
  holding(key: HoldingKey, signal: AbortSignal): Promise<HoldingReport>
  /** Everything that is held; what is missing in it proves nothing. */
  holdings(signal: AbortSignal): Promise<readonly Holding[]>
  /** Last prices; an instrument without one is left out. */
  quotes(instruments: readonly InstrumentId[], signal: AbortSignal): Promise<readonly Tick[]>
  /** Every working order of the account, of other people too. */
  openOrders?(signal: AbortSignal): Promise<readonly OpenOrder[]>
  /** Pushes news of our orders from now on. */
  streamOrders?(listener: (update: OrderUpdate) => void): void
  /** Lets calls under way end, then lets go of the account. */
  close(): Promise<void>
}
