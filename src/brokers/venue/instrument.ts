import type { InstrumentId } from '../../domain/ids.ts'

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

/** A number above 0; undefined where a venue writes 0 or an empty text for "no limit". */
export const above0 = (x: number | undefined): number | undefined =>
  x !== undefined && x > 0 ? x : undefined
