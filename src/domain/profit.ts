import { ratioOfSums, round15, product } from './decimal.ts'
import { type Position, signOf } from './position.ts'

/** Gross profit of a position that is closed at a price, to 15 significant digits. */
export function profitOf(
  {
    side,
    entryPrice,
    quantity,
    multiplier,
  }: Pick<Position, 'side' | 'entryPrice' | 'quantity' | 'multiplier'>,
  price: number,
): { profitPct: number; profitAmount: number } {
  const sign = signOf(side)
  const units = product(quantity, multiplier)
  const pct = ratioOfSums(price, sign * 100, entryPrice, -sign * 100, entryPrice)
  const amount = ratioOfSums(price, sign * units, entryPrice, -sign * units, 1)
  return { profitPct: round15(pct), profitAmount: round15(amount) }
}
