import { SMALLEST } from './bounds.ts'
import { difference, product, round15 } from './decimal.ts'

/**
 * Quantities as steps. Venues, files and scripts compute in doubles: eight times a lot of 0.1
 * arrives as 0.7999999999999999. Every quantity of the input is read here, and every difference of
 * two is computed here.
 */

/** A quantity this close to a whole number of lots, in lots, is meant to be that number. */
const NEAR_LOT = 1e-6
/**
 * Quantities that differ by less, as a part of the larger one, are equal: floating-point error of
 * sums.
 */
const SAME_PART = 1e-12
/**
 * A rest below this part of the whole is dust where no lot is configured: a venue that rounds to a
 * step of its own cannot execute it.
 */
const DUST_PART = 1e-8
/** An unowned quantity below this is floating-point error, where no lot is configured. */
const NOTHING = 1e-9

/**
 * The quantity that was meant by `given`: the nearest whole number of lots where that is close,
 * else `given` with 15 significant digits. A value that is not finite is returned unchanged.
 */
export function unitsOf(given: number, lot?: number): number {
  if (!Number.isFinite(given)) return given
  // Floating-point error leaves that, and no quantity is so small.
  if (Math.abs(given) < SMALLEST) return 0
  const lots = lot === undefined ? NaN : Math.round(given / lot)
  if (lot !== undefined && Number.isSafeInteger(lots)) {
    const whole = product(lots, lot)
    const most = Math.min(lot / 2, lot * NEAR_LOT + Math.abs(given) * SAME_PART)
    // Never −0: it is the same quantity as 0.
    if (Math.abs(given - whole) <= most) return whole === 0 ? 0 : whole
  }
  return round15(given)
}

/** `whole` − `part`, exact; 0 where they differ only by floating-point error. */
export function restOf(whole: number, part: number): number {
  const rest = difference(whole, part)
  const largest = Math.max(Math.abs(whole), Math.abs(part))
  return Math.abs(rest) <= largest * SAME_PART ? 0 : rest
}

/** Whether a quantity that was read is a whole number of lots. */
export const isWholeLots = (units: number, lot: number): boolean =>
  product(Math.round(units / lot), lot) === units

/** The rest of `whole` after `part`, never below 0. */
export const leftOf = (whole: number, part: number): number => Math.max(0, restOf(whole, part))

/** Whether two quantities are equal up to floating-point error. */
export const isSame = (a: number, b: number): boolean => restOf(a, b) === 0

/** Whether `a` is no less than `b`, up to floating-point error. */
export const isEnough = (a: number, b: number): boolean => restOf(a, b) >= 0

/** Whether `rest` is too little of `whole` to be ordered at a venue whose lot is not configured. */
export const isDustOf = (rest: number, whole: number): boolean => rest < whole * DUST_PART

/**
 * Whether an unowned quantity counts as nothing. `largest` is the most that was held or owned of
 * it: sums of large quantities have larger errors.
 */
export const isNothing = (units: number, largest: number, lot?: number): boolean =>
  Math.abs(units) < (lot === undefined ? Math.max(NOTHING, largest * SAME_PART) : lot * NEAR_LOT)

/** The most that a venue's own rounding changes an order, as a part of it. */
const ROUNDED_PART = 0.02

/**
 * Whether a venue that was asked for `asked` units has executed all of it as far as its own step
 * goes: `executed` is `asked` rounded to the decimal places that `executed` shows.
 */
export function isRounded(executed: number, asked: number): boolean {
  const places = placesOf(executed)
  const most = Math.min(Number(`1e-${places}`), asked * ROUNDED_PART)
  return Math.abs(difference(executed, asked)) < most
}

/** Decimal places of the shortest text of `x`. */
function placesOf(x: number): number {
  const [mantissa = '', exponent = '0'] = String(x).split('e')
  const places = (mantissa.split('.')[1]?.length ?? 0) - Number(exponent)
  return Math.max(0, places)
}
