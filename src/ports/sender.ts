import type { HoldingKey, HoldingReport } from '../domain/holding.ts'
import type { ExitOrder } from '../domain/order.ts'
import type { Broker, ExitAnswer } from './broker.ts'

/** How an order that waits for its turn leaves: asked and notified at the moment at which it does. */
export interface Leaving {
  /** Whether an exit still waits for the order; asked at each pass over the queue. */
  isWanted(): boolean
  /**
   * Whether it may leave now. `isPaced`: only the pace of the venue's limit has held it, and no other call
   * of that limit has left meanwhile.
   */
  mayLeave(isPaced: boolean): boolean
  /** It leaves. */
  left(): void
}

/** Carries exits out. */
export interface Sender extends Pick<Broker, 'orderByClientId' | 'cancel'> {
  /** Calls wait for their turn: `leaving` is asked then. Without it they leave at once. */
  readonly queues?: boolean
  placeExit(order: ExitOrder, signal: AbortSignal, leaving?: Leaving): Promise<ExitAnswer>
}

/** Gives what is held. */
export interface HoldingSource extends Pick<Broker, 'holdings' | 'openOrders'> {
  /** `left` is called when a question that waits for its turn leaves: its answer is not of before. */
  holding(key: HoldingKey, signal: AbortSignal, left?: () => void): Promise<HoldingReport>
}
