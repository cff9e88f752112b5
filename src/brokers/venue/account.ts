import type { Broker } from '../../ports/broker.ts'
import type { VenueInstrument } from './instrument.ts'

/** Whether an account nets each instrument, or holds longs and shorts side by side. */
export type PositionMode = 'one-way' | 'hedge'

/** What a key may do; undefined where the venue does not say. */
export interface Permissions {
  readonly trade: boolean | undefined
  readonly withdraw: boolean | undefined
  /** Whether only certain addresses may use it. */
  readonly isAddressBound: boolean | undefined
  /** Epoch ms; undefined: never, or not said. */
  readonly expiresAt: number | undefined
}

/** A broker at a venue, and what can be read there before anything is guarded. */
export interface VenueBroker extends Broker {
  openOrders: NonNullable<Broker['openOrders']>
  /** How far the venue's clock is ahead of ours, ms. */
  clockOffsetMs(signal: AbortSignal): Promise<number>
  positionMode(signal: AbortSignal): Promise<PositionMode>
  /** Every instrument of the product that this broker trades. */
  instruments(signal: AbortSignal): Promise<readonly VenueInstrument[]>
  permissions(signal: AbortSignal): Promise<Permissions>
}
