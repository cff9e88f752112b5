/** What the present attempt shall be. */
export interface Plan {
  /** Units, > 0. */
  readonly quantity: number
  /** Price per unit of a marketable limit order; undefined: at market. */
  readonly limit?: number
  readonly heldBefore: number | null
}
