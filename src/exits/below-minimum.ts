/** An order that is worth less than the venue takes; both are money as `orderValue` counts it. */
export interface BelowMinimum {
  readonly value: number
  readonly minimum: number
}
