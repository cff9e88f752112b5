import type { InstrumentId } from './ids.ts'
import type { Side } from './position.ts'

/** The key of a holding; fields by which the venue does not separate holdings are left out. */
export interface HoldingKey {
  readonly account?: string
  readonly instrument: InstrumentId
  /** Set where the venue holds both sides side by side. */
  readonly side?: Side
  /** Set where each position is a ticket of its own. */
  readonly ticket?: string
  /** Set where holdings are separate for each product. */
  readonly product?: string
}

/** What an account holds. */
export interface Holding extends HoldingKey {
  /** Units, > 0 for a long and < 0 for a short. */
  readonly quantity: number
  /** Average entry price, where the venue gives it. */
  readonly entryPrice?: number
  /** Age of this knowledge when the query was sent, ms, >= 0. */
  readonly ageMs: number
}

/**
 * The answer to the query for one holding; `unknown` proves nothing. `ageMs`, ms, >= 0, is the age
 * of the knowledge when the query was sent: an answer proves nothing about what happened after
 * that.
 */
export type HoldingReport =
  | { readonly kind: 'held'; readonly quantity: number; readonly ageMs: number }
  | { readonly kind: 'flat'; readonly ageMs: number }
  | { readonly kind: 'unknown' }
