import type { InstrumentId } from './ids.ts'

/** Whether an account nets each instrument, or holds longs and shorts side by side. */
export type PositionMode = 'one-way' | 'hedge'

/** Permissions of an API key; a field is undefined where the venue does not report it. */
export interface Permissions {
  readonly trade: boolean | undefined
  readonly withdraw: boolean | undefined
  /** Whether the key works from listed IP addresses only. */
  readonly isAddressBound: boolean | undefined
  /** Whether it is a key of a sub-account; absent: the venue does not say. */
  readonly isSubAccount?: boolean
  /** Epoch ms; undefined: the key never expires, or the venue does not say. */
  readonly expiresAt: number | undefined
}

/** The credentials that the next call would use. */
export type Credentials =
  /** `expiresAt`: epoch ms; absent: not known, or never. `trouble`: why newer ones cannot be used. */
  | { readonly kind: 'usable'; readonly expiresAt?: number; readonly trouble?: string }
  /** `why` shows nothing of them. */
  | { readonly kind: 'unreadable'; readonly why: string }

/** The clock of a venue against that of this machine. */
export interface ClockReading {
  /** How far the venue's clock is ahead, ms; below 0: behind. */
  readonly aheadMs: number
  /** Largest error of `aheadMs`, ms: half of the time that the answer took. */
  readonly errorMs: number
}

/** The venue's rules for an instrument; a field is undefined where the venue does not state it. */
export interface VenueInstrument {
  readonly instrument: InstrumentId
  /** Whether the venue accepts orders now. */
  readonly isTrading: boolean
  /** Money per price point and unit. */
  readonly multiplier: number
  readonly lot: number | undefined
  readonly tickSize: number | undefined
  readonly minQuantity: number | undefined
  /** Largest quantity of one market order. */
  readonly maxQuantity: number | undefined
  /** Smallest value of an order, in the quote currency. */
  readonly minNotional: number | undefined
  /**
   * Reduce-only orders may be of any value, or the venue does not say that they may not: they are sent, and the
   * venue decides.
   */
  readonly reduceOnlyExempt: boolean
  /** Currency of its profit and loss. */
  readonly currency: string
}
