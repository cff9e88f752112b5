import { difference, plusPercent, product, round15, sum } from '../domain/decimal.ts'
import type { InstrumentSpec } from '../domain/instrument.ts'
import { signOf, type Side } from '../domain/position.ts'
import { isDustOf, unitsOf } from '../domain/units.ts'
import { type ExitRecord, remainingOf } from './record.ts'
import type { ExitStyle } from './settings.ts'

/** What the present attempt shall be. */
export interface Plan {
  /** Units, > 0. */
  readonly quantity: number
  /** Price per unit of a marketable limit order; undefined: at market. */
  readonly limit?: number
  readonly heldBefore: number | null
}

type Steps = Pick<InstrumentSpec, 'lot' | 'minQuantity' | 'tickSize'>

/** `quantity` rounded down to the lot; 0 where that is less than an order may be. */
export function orderable(quantity: number, { lot, minQuantity = 0 }: Partial<Steps>): number {
  const units = unitsOf(quantity, lot)
  const rounded = lot === undefined ? units : product(wholeLots(units, lot), lot)
  return rounded >= minQuantity ? rounded : 0
}

function wholeLots(quantity: number, lot: number): number {
  const lots = Math.floor(quantity / lot)
  // The division may fall on the wrong side of a whole number.
  if (product(lots + 1, lot) <= quantity) return lots + 1
  return product(lots, lot) > quantity ? lots - 1 : lots
}

/**
 * What to order of an exit that may close `allowance` units. `dust`: what is left is too little for
 * any order, also for one of a venue whose lot is not configured. `wait`: it may not close as much
 * as one order needs.
 */
export function attemptQuantity(
  record: ExitRecord,
  allowance: number,
  steps: Partial<Steps>,
): number | 'dust' | 'wait' {
  const left = remainingOf(record)
  const most = (units: number): number =>
    steps.lot === undefined && isDustOf(units, record.quantity) ? 0 : orderable(units, steps)
  if (most(left) === 0) return 'dust'
  const quantity = most(Math.min(left, allowance))
  return quantity === 0 ? 'wait' : quantity
}

/** The limit of an exit in that style, so far beyond `price` that it is executed at once. */
export function limitPrice(
  { side, price, tickSize }: { side: Side; price: number; tickSize?: number | undefined },
  { bandPct }: Extract<ExitStyle, { kind: 'marketable-limit' }>,
): number {
  const limit = plusPercent(price, -signOf(side) * bandPct)
  if (tickSize === undefined) return round15(limit)
  const below = product(wholeLots(Math.abs(limit), tickSize), tickSize) * Math.sign(limit)
  const isExact = below === limit
  if (isExact) return limit
  // Away from the price, so that rounding makes it no harder to execute.
  const isBelow = below < limit
  if (side === 'long') return isBelow ? below : difference(below, tickSize)
  return isBelow ? sum(below, tickSize) : below
}
