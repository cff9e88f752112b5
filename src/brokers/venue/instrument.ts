import type { InstrumentId } from '../../domain/ids.ts'

/** What a venue fixes for an instrument; undefined where it says nothing of it. */
export interface VenueInstrument {
  readonly instrument: InstrumentId
  /** Whether orders are taken now. */
  readonly isTrading: boolean
  /** Money per price point and unit. */
  readonly multiplier: number
  readonly lot: number | undefined
  readonly tickSize: number | undefined
  readonly minQuantity: number | undefined
  /** Largest quantity of one market order. */
  readonly maxQuantity: number | undefined
  /** Smallest value of an order that is not reduce-only, money. */
  readonly minNotional: number | undefined
  /** Currency of its profit. */
  readonly currency: string
}

/** A number above 0; undefined where a venue writes 0 or nothing for "any". */
export const above0 = (x: number | undefined): number | undefined =>
  x !== undefined && x > 0 ? x : undefined
