/**
 * Bounds on every quantity, price, multiplier and amount that enters. Between them products and sums
 * are finite: a quantity times a price times a multiplier is at most 1e45.
 */
export const LARGEST = 1e15
export const SMALLEST = 1e-15

/** Whether a number, of either sign, is one that can be computed with. */
export const isBounded = (x: number): boolean => Math.abs(x) <= LARGEST

/** Whether a number is one that a quantity, a price or a multiplier above 0 can have. */
export const isMeasure = (x: number): boolean => x >= SMALLEST && x <= LARGEST
