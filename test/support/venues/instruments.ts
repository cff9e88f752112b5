/** The venue's rules for an instrument. */
export interface Fixed {
  readonly lot: number
  readonly tick: number
  readonly minQuantity: number
  readonly maxQuantity: number
  readonly minNotional: number
}

/** Defaults of an instrument of an emulator. */
export const FIXED: Fixed = {
  lot: 0.001,
  tick: 0.01,
  minQuantity: 0.001,
  maxQuantity: 1_000_000,
  minNotional: 5,
}

/** Whether a decimal text is a whole number of steps. */
export function isMultiple(text: string, step: number): boolean {
  const steps = Number(text) / step
  return Math.abs(steps - Math.round(steps)) < 1e-6
}

/** A quantity with three places, as venues write it. */
export const places = (x: number, digits = 3): string => x.toFixed(digits)
