import type { InstrumentId } from './ids.ts'
import type { Side } from './position.ts'

/** Which holding is meant; fields by which the venue does not separate holdings are left out. */
export interface HoldingKey {
  readonly account?: string
  readonly instrument: InstrumentId
  /** Where both sides are held side by side. */
  readonly side?: Side
  /** Where each position is a ticket of its own. */
  readonly ticket?: string
}

/** What an account holds. */
export interface Holding extends HoldingKey {
  /** Units, > 0 for a long and < 0 for a short. */
  readonly quantity: number
  /** Average entry price, where the venue gives it. */
  readonly entryPrice?: number
  /** How old this knowledge was when it was asked for, ms, >= 0. */
  readonly ageMs: number
}

/**
 * An answer to the question for one holding; `unknown` proves nothing. `ageMs`, ms, >= 0, is how old
 * the knowledge was when it was asked for: an answer proves nothing of what happened after that.
 */
export type HoldingReport =
  | { readonly kind: 'held'; readonly quantity: number; readonly ageMs: number }
  | { readonly kind: 'flat'; readonly ageMs: number }
  | { readonly kind: 'unknown' }
