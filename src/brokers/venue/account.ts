import type { Broker } from '../../ports/broker.ts'
import type { VenueInstrument } from './instrument.ts'

/** Whether an account nets each instrument, or holds longs and shorts side by side. */
export type PositionMode = 'one-way' | 'hedge'

/** Permissions of an API key; a field is undefined where the venue does not report it. */
export interface Permissions {
  readonly trade: boolean | undefined
  readonly withdraw: boolean | undefined
  /** Whether the key works from listed IP addresses only. */
  readonly isAddressBound: boolean | undefined
  /** Epoch ms; undefined: the key never expires, or the venue does not say. */
  readonly expiresAt: number | undefined
}

/** A broker at a venue, and what its setup can read there before a position is guarded. */
export interface VenueBroker extends Broker {
  openOrders: NonNullable<Broker['openOrders']>
  /** How far the venue's clock is ahead of this machine's, ms. */
  clockOffsetMs(signal: AbortSignal): Promise<number>
  positionMode(signal: AbortSignal): Promise<PositionMode>
  /** Every instrument of the product that this broker trades. */
  instruments(signal: AbortSignal): Promise<readonly VenueInstrument[]>
  permissions(signal: AbortSignal): Promise<Permissions>
}
