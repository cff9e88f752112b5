import type { ExitOrder } from '../../domain/order.ts'
import type { Broker } from '../../ports/broker.ts'
import type { OrderCheck } from './order-check.ts'

export type { Permissions, PositionMode } from '../../domain/venue-facts.ts'

/** A broker at a venue, and what its setup can read there before a position is guarded. */
export interface VenueBroker extends Broker {
  openOrders: NonNullable<Broker['openOrders']>
  time: NonNullable<Broker['time']>
  positionMode: NonNullable<Broker['positionMode']>
  instruments: NonNullable<Broker['instruments']>
  permissions: NonNullable<Broker['permissions']>
  /** Asks the venue to check an order that it does not place. */
  checkOrder(order: ExitOrder, signal: AbortSignal): Promise<OrderCheck>
}
