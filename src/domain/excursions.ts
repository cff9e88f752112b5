import { round15 } from './decimal.ts'
import { amountAt, profitOf, type Priced } from './profit.ts'

/** How far a position went in its favour and against it, and what it gained in units of its first risk. */
export interface Excursions {
  /** Most favourable excursion: gain at the best price, percent of the entry price; null: unknown. */
  readonly mfePct: number | null
  /** Most adverse excursion: gain at the worst price, percent of the entry price, 0 or less; null: unknown. */
  readonly maePct: number | null
  /** Gain as a multiple of the loss at the first stop; null where there was none, or where it was no loss. */
  readonly r: number | null
}

/** Prices that a position has reached, as they are; null: unknown. */
export interface Reached {
  readonly best: number | null
  readonly worst: number | null
  readonly firstStop: number | null
  /** The price that it is closed at, or the last one: it counts as reached. */
  readonly price: number | null
}

/**
 * Excursions of a position, gross.
 *
 * @example
 * // A long from 100 with a first stop at 95 that was at 112 and 97, and is closed at 110:
 * excursionsOf(position, { best: 112, worst: 97, firstStop: 95, price: 110 }) // { mfePct: 12, maePct: -3, r: 2 }
 */
export function excursionsOf(
  position: Priced,
  { best, worst, firstStop, price }: Reached,
): Excursions {
  const pctAt = (at: number): number => profitOf(position, at).profitPct
  const pct = price === null ? 0 : pctAt(price)
  return {
    mfePct: best === null ? null : Math.max(0, pctAt(best), pct),
    maePct: worst === null ? null : Math.min(0, pctAt(worst), pct),
    r: firstStop === null || price === null ? null : multipleOf(position, firstStop, price),
  }
}

function multipleOf(position: Priced, firstStop: number, price: number): number | null {
  const risk = -amountAt(position, firstStop)
  return risk > 0 ? round15(amountAt(position, price) / risk) : null
}
