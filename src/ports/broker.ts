import type { Holding, HoldingKey, HoldingReport } from '../domain/holding.ts'
import type { InstrumentId } from '../domain/ids.ts'
import type {
  ClientOrderId,
  ExitAnswer,
  ExitOrder,
  LivedOrder,
  OrderState,
} from '../domain/order.ts'
import type { Tick } from '../domain/tick.ts'
import type { Capabilities } from '../domain/venue.ts'

export type { Holding, HoldingKey, HoldingReport } from '../domain/holding.ts'
export type { ExitAnswer, LivedOrder, OrderState, RejectionCode } from '../domain/order.ts'
export type { Capabilities } from '../domain/venue.ts'

/** A working order of the account, ours or foreign; the id shows which. */
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
  /** `instrument` is that of the order: some venues find an order only within its instrument. */
  orderByClientId(
    id: ClientOrderId,
    signal: AbortSignal,
    instrument?: InstrumentId,
  ): Promise<OrderState>
  /** Ends a working order and gives its state after that: a fill may have crossed. */
  cancel(id: ClientOrderId, signal: AbortSignal, instrument?: InstrumentId): Promise<OrderState>
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
  /** Whether the next call would be made with other credentials than the last one. */
  hasNewCredentials?(): boolean
  /** Lets calls under way end, then lets go of the account. */
  close(): Promise<void>
}
