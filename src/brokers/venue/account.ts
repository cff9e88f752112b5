import type { Broker } from '../../ports/broker.ts'

export type { Permissions, PositionMode } from '../../domain/venue-facts.ts'

/** A broker at a venue, and what its setup can read there before a position is guarded. */
export interface VenueBroker extends Broker {
  openOrders: NonNullable<Broker['openOrders']>
  time: NonNullable<Broker['time']>
  positionMode: NonNullable<Broker['positionMode']>
  instruments: NonNullable<Broker['instruments']>
  permissions: NonNullable<Broker['permissions']>
}
