import type { InstrumentId } from './ids.ts'
import type { Side } from './position.ts'

/** Which holding is meant; fields that the venue does not tell apart are left out. */
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
  /** Average entry price, where the venue tells it. */
  readonly entryPrice?: number
  /** Epoch ms at which the venue knew it. */
  readonly asOf: number
}

/** An answer to the question for one holding; `unknown` proves nothing. */
export type HoldingReport =
  | { readonly kind: 'held'; readonly quantity: number; readonly asOf: number }
  | { readonly kind: 'flat'; readonly asOf: number }
  | { readonly kind: 'unknown' }
