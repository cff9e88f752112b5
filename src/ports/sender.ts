import type { HoldingKey, HoldingReport } from '../domain/holding.ts'
import type { ExitOrder } from '../domain/order.ts'
import type { StopOrder } from '../domain/resting-stop.ts'
import type { Broker, ExitAnswer, OrderState } from './broker.ts'

/** Callbacks of a queued order, called at the moment at which it is sent. */
export interface Leaving<Order = ExitOrder> {
  /** Whether an exit still waits for the order; called at each pass over the queue. */
  isWanted(): boolean
  /**
   * Whether it may be sent now. `isPaced`: only the pace of the venue's limit has delayed it, and
   * no other call of that limit was sent meanwhile.
   */
  isReady(isPaced: boolean): boolean
  /** Called when it is sent; gives the order as it is to be sent. */
  left(): Order
}

/** Sends exits. */
export interface Sender extends Pick<Broker, 'orderByClientId' | 'cancel'> {
  /**
   * For a broker whose calls are queued, `leaving` is called when the order is due; without it
   * orders are sent at once.
   */
  readonly queues?: boolean
  placeExit(order: ExitOrder, signal: AbortSignal, leaving?: Leaving): Promise<ExitAnswer>
  /** Present where the venue takes resting stops; a queued one leaves after everything that exits wait for. */
  placeStop?(
    order: StopOrder,
    signal: AbortSignal,
    leaving?: Leaving<StopOrder>,
  ): Promise<ExitAnswer>
  amendStop?(order: StopOrder, signal: AbortSignal): Promise<OrderState>
}

/** Queries one holding. */
export interface HoldingSource extends Pick<Broker, 'holdings' | 'openOrders'> {
  /** `left` is called when a queued query is sent: its answer is not older than that. */
  holding(key: HoldingKey, signal: AbortSignal, left?: () => void): Promise<HoldingReport>
}
