/** The order of the present attempt, before it is durable. */
export interface Plan {
  /** Units, > 0. */
  readonly quantity: number
  /** Price per unit of a marketable limit order; undefined: at market. */
  readonly limit?: number
  readonly heldBefore: number | null
}
