import type { ExitOrder, Fill } from '../domain/order.ts'

/** What a broker answers to an order: it exists and is done, or it exists and works. */
export type ExitAnswer =
  { readonly kind: 'filled'; readonly fill: Fill } | { readonly kind: 'acknowledged' }

/** A venue that carries exits out. */
export interface Broker {
  /** Sends an order. Sending the same client order id again makes no second order. */
  placeExit(order: ExitOrder, signal: AbortSignal): Promise<ExitAnswer>
  /** Reports fills of acknowledged orders from now on. */
  streamOrders(listener: (fill: Fill) => void): void
}
