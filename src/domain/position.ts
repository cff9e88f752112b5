import type { InstrumentId, PositionId } from './ids.ts'

/** Direction of a holding; follows from the sign of the quantity at the broker. */
export type Side = 'long' | 'short'

/** `trade` compares the tick's price; `quote` values a long at the bid and a short at the ask. */
export type PriceSource = 'trade' | 'quote'

/** One guarded position. Immutable: a change creates a new object. */
export interface Position {
  readonly id: PositionId
  readonly instrument: InstrumentId
  readonly side: Side
  /** Units held, > 0 on either side. */
  readonly quantity: number
  /** Price per unit at entry, > 0. */
  readonly entryPrice: number
  /** Epoch ms. Ticks before it do not count for the position. */
  readonly openedAt: number
  /** Amount of money per price point and unit (contract size), > 0. */
  readonly multiplier: number
  readonly priceSource: PriceSource
  /** How profits follow from prices; absent: linear. */
  readonly contract?: 'inverse'
  readonly account?: string
  /** Set where each position is a ticket of its own at the venue. */
  readonly ticket?: string
  /** Product at a venue that separates holdings by it, such as margin and delivery. */
  readonly product?: string
  /** Instrument that this one derives from; the default of the `underlying` rule. */
  readonly underlying?: InstrumentId
}

/** +1 for a long, −1 for a short: multiply a price difference to get the position's profit. */
export const signOf = (side: Side): 1 | -1 => (side === 'long' ? 1 : -1)

/** Whether price `a` is at least as good for the position as `b`. */
export const isAtLeast = (side: Side, a: number, b: number): boolean =>
  side === 'long' ? a >= b : a <= b

/**
 * The states by which open positions are counted; each position is in one of them. `unguarded`: no
 * rule can act now.
 */
export const POSITION_STATES = ['guarded', 'exiting', 'observed', 'unguarded'] as const
export type PositionState = (typeof POSITION_STATES)[number]
