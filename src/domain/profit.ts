import { difference, product, ratioOfSums, round15 } from './decimal.ts'
import { signOf, type Position } from './position.ts'

/** The fields that determine the profit of a position. */
export type Priced = Pick<Position, 'side' | 'entryPrice' | 'quantity' | 'multiplier' | 'contract'>

/** Gross profit of a position that is closed at a price, to 15 significant digits. */
export function profitOf(
  position: Priced,
  price: number,
): { profitPct: number; profitAmount: number } {
  const { side, entryPrice } = position
  const sign = signOf(side)
  const pct = ratioOfSums(price, sign * 100, entryPrice, -sign * 100, entryPrice)
  return { profitPct: round15(pct), profitAmount: round15(amountAt(position, price)) }
}

/**
 * Gross profit of a position that is closed at a price. That of an inverse contract is in coins:
 * quantity x multiplier x (1 / entry - 1 / price) for a long.
 */
export function amountAt(
  { side, entryPrice, quantity, multiplier, contract }: Priced,
  price: number,
): number {
  const sign = signOf(side)
  const units = product(quantity, multiplier)
  if (contract !== 'inverse') return ratioOfSums(price, sign * units, entryPrice, -sign * units, 1)
  return ratioOfSums(sign * units, difference(price, entryPrice), 0, 0, product(price, entryPrice))
}

/**
 * Price at which the profit of a position is `amount` (a loss when negative); infinite: there is no
 * such price.
 */
export function priceAtAmountOf(position: Priced, amount: number): number {
  const { side, entryPrice, quantity, multiplier } = position
  const units = product(quantity, multiplier)
  const left = ratioOfSums(units, 1, -signOf(side) * amount, entryPrice, 1)
  return left > 0 ? ratioOfSums(entryPrice, units, 0, 0, left) : Infinity
}
