/**
 * Bounds on every quantity, price, multiplier and amount of the input. Within them products and
 * sums are finite: a quantity times a price times a multiplier is at most 1e45.
 */
export const LARGEST = 1e15
export const SMALLEST = 1e-15

/** Whether the size of a number, of either sign, is within the bounds. */
export const isBounded = (x: number): boolean => Math.abs(x) <= LARGEST

/** Whether a number is a valid quantity, price or multiplier above 0. */
export const isMeasure = (x: number): boolean => x >= SMALLEST && x <= LARGEST
