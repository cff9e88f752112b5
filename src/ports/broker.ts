import type { AccountHint } from '../domain/account-hint.ts'
import type { Holding, HoldingKey, HoldingReport } from '../domain/holding.ts'
import type { InstrumentId } from '../domain/ids.ts'
import type { ClientOrderId, ExitAnswer, ExitOrder, OrderState } from '../domain/order.ts'
import type { StopOrder } from '../domain/resting-stop.ts'
import type { ReportedChange } from '../domain/shrink-cause.ts'
import type { Tick } from '../domain/tick.ts'
import type {
  ClockReading,
  Credentials,
  Permissions,
  PositionMode,
  VenueInstrument,
} from '../domain/venue-facts.ts'
import type { Capabilities, LimitUse } from '../domain/venue.ts'

export type { Holding, HoldingKey, HoldingReport } from '../domain/holding.ts'
export type { ExitAnswer, LivedOrder, OrderState, RejectionCode } from '../domain/order.ts'
export type { Capabilities } from '../domain/venue.ts'

/** A working order of the account; its id shows whether it is this service's or foreign. */
export interface OpenOrder {
  readonly clientOrderId: string | null
  readonly instrument: InstrumentId
  /** Units not executed yet, > 0 for a buy and < 0 for a sale. */
  readonly remaining: number
}

/** A pushed change of one of this service's orders: any state, also a rejection after the acceptance. */
export interface OrderUpdate {
  readonly clientOrderId: ClientOrderId
  readonly order: OrderState
}

/**
 * A venue that executes exits. Errors: `placeExit` and `cancel` throw `NotSent`, `RateLimited`,
 * `Unauthorized` (nothing happened) or `OutcomeUnknown` (it may have happened). A list that the
 * venue does not return throws one of these. A query about one thing without an answer returns
 * `unknown`, or throws likewise. Every call ends soon after its signal aborts.
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
  /**
   * Sends an order that rests until its trigger is met; found and cancelled by its id like any other.
   * Present where `capabilities.restingStop` names what the venue takes.
   */
  placeStop?(order: StopOrder, signal: AbortSignal): Promise<ExitAnswer>
  /**
   * Gives a resting stop the trigger of `order`, and its state after that: `working` proves the change,
   * `rejected` that the venue refused it and the order rests as it was.
   */
  amendStop?(order: StopOrder, signal: AbortSignal): Promise<OrderState>
  /** Query by key: the only query whose answer can prove that a holding is flat. */
  holding(key: HoldingKey, signal: AbortSignal): Promise<HoldingReport>
  /** All holdings; a missing one proves nothing. */
  holdings(signal: AbortSignal): Promise<readonly Holding[]>
  /** Last prices; instruments without one are left out. */
  quotes(instruments: readonly InstrumentId[], signal: AbortSignal): Promise<readonly Tick[]>
  /** Every working order of the account, including those of other programs. */
  openOrders?(signal: AbortSignal): Promise<readonly OpenOrder[]>
  /** Pushes changes of this service's orders from now on. */
  streamOrders?(listener: (update: OrderUpdate) => void): void
  /** Pushes what may have changed at the account from now on, until `close`. Nothing of it is a proof. */
  streamHints?(listener: (hint: AccountHint) => void): void
  /** Passes on from now on how much of its limits is used, as the venue reports with its answers. */
  onLimitUse?(listener: (use: LimitUse) => void): void
  /** The venue's rules for every instrument that this broker trades. */
  instruments?(signal: AbortSignal): Promise<readonly VenueInstrument[]>
  positionMode?(signal: AbortSignal): Promise<PositionMode>
  /** What took units out of a holding since then (epoch ms), other than orders of this service; the last one last. */
  changes?(key: HoldingKey, since: number, signal: AbortSignal): Promise<readonly ReportedChange[]>
  /** The venue's clock, by the median of three answers where it takes a call to read it. */
  time?(signal: AbortSignal): Promise<ClockReading>
  /** What the credentials permit. */
  permissions?(signal: AbortSignal): Promise<Permissions>
  /** What is known of the credentials that the next call would use; makes no call. */
  credentials?(): Credentials
  /** Whether the next call would use other credentials than the last one. */
  hasNewCredentials?(): boolean
  /** Lets calls in flight end, then releases the account. */
  close(): Promise<void>
}
