import { isBounded, SMALLEST } from '../domain/bounds.ts'
import { difference, plusPercent, product, round15, sum } from '../domain/decimal.ts'
import type { InstrumentSpec } from '../domain/instrument.ts'
import { signOf, type Side } from '../domain/position.ts'
import { isDustOf, unitsOf } from '../domain/units.ts'
import { remainingOf, type ExitRecord } from './record.ts'

type Steps = Pick<InstrumentSpec, 'lot' | 'minQuantity' | 'maxQuantity' | 'contractSize'>

/** Every order is a multiple of so many units: the lot, or one contract where that is more. */
function stepOf({ lot, contractSize }: Partial<Steps>): number | undefined {
  const steps = [lot, contractSize].filter(step => isBounded(step ?? NaN) && step! > 0)
  return steps.length === 0 ? undefined : Math.max(...(steps as number[]))
}

/**
 * `quantity` rounded down to the lot, or to whole contracts; 0 where that is less than an order may be. It never
 * rounds up: less than one contract is no order.
 */
export function orderable(quantity: number, steps: Partial<Steps>): number {
  const { minQuantity = 0 } = steps
  const lot = stepOf(steps)
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
 * Units of the next order of an exit that may close `allowance` units. `dust`: the rest is too small for any order,
 * also where no lot is configured. `wait`: the allowance is too small for an order now.
 */
export function attemptQuantity(
  record: ExitRecord,
  allowance: number,
  steps: Partial<Steps>,
): number | 'dust' | 'wait' {
  const left = remainingOf(record)
  const most = (units: number): number =>
    stepOf(steps) === undefined && isDustOf(units, record.quantity) ? 0 : orderable(units, steps)
  if (most(left) === 0) return 'dust'
  const quantity = slice(most(Math.min(left, allowance)), steps)
  return quantity === 0 ? 'wait' : quantity
}

/**
 * Units of one order where the venue takes at most `maxQuantity` at once. The rest follows in the next attempts, so no
 * slice leaves a rest that is too small for an order.
 */
function slice(quantity: number, steps: Partial<Steps>): number {
  const { maxQuantity } = steps
  if (maxQuantity === undefined || quantity <= maxQuantity) return quantity
  const largest = orderable(maxQuantity, steps)
  // A venue whose largest order is smaller than its smallest takes none.
  if (largest === 0) return quantity
  if (orderable(difference(quantity, largest), steps) > 0) return largest
  const smaller = orderable(difference(quantity, steps.minQuantity ?? 0), steps)
  return smaller > 0 && smaller <= maxQuantity ? smaller : largest
}

/**
 * The limit of an exit that is executed at once: `bandPct` percent beyond `price`, rounded away from
 * it to a whole tick. It is never below the lowest tick, unless the instrument may trade below zero.
 */
export function limitPrice(
  { side, price, tickSize, mayBeNegative = false }: Priced,
  bandPct: number,
): number {
  // Below zero a percent of the price points to the other side.
  const limit = plusPercent(price, -signOf(side) * (price < 0 ? -bandPct : bandPct))
  const rounded = tickSize === undefined ? round15(limit) : onTick(limit, { side, tickSize })
  return mayBeNegative ? rounded : Math.max(tickSize ?? SMALLEST, rounded)
}

/** A price rounded up or down to a whole tick. */
export function onTickFrom(
  price: number,
  tickSize: number | undefined,
  way: 'up' | 'down',
): number {
  if (tickSize === undefined) return price
  return onTick(price, { side: way === 'up' ? 'short' : 'long', tickSize })
}

interface Priced extends Partial<Pick<InstrumentSpec, 'tickSize' | 'mayBeNegative'>> {
  readonly side: Side
  readonly price: number
}

function onTick(limit: number, { side, tickSize }: { side: Side; tickSize: number }): number {
  const whole = product(wholeLots(Math.abs(limit), tickSize), tickSize) * Math.sign(limit)
  if (whole === limit) return limit
  // Away from the price, so that rounding makes it no harder to execute.
  const isBelow = whole < limit
  if (side === 'long') return isBelow ? whole : difference(whole, tickSize)
  return isBelow ? sum(whole, tickSize) : whole
}
