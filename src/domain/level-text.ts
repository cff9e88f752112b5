import { product, round15 } from './decimal.ts'

/**
 * A price or quantity for a person: with the 15 digits that a double holds, without rounding errors
 * of a calculation.
 */
export const numberText = (value: number): string => String(round15(value))

/**
 * How many ticks a level may differ from a whole tick and still count as that tick: floating-point
 * error.
 */
const SAME_TICK = 1e-9

/**
 * A level for a person: the price at which it is reached. Prices are whole ticks, so a level
 * between two ticks is reached at the next tick in its direction.
 */
export function levelText(
  level: number,
  {
    isBelow,
    tickSize,
  }: { readonly isBelow: boolean; readonly tickSize: number | null | undefined },
): string {
  if (tickSize === null || tickSize === undefined) return numberText(level)
  const ticks = level / tickSize
  const near = Math.round(ticks)
  const isWhole = Math.abs(ticks - near) <= SAME_TICK * Math.max(1, Math.abs(ticks))
  const reached = isWhole ? near : isBelow ? Math.floor(ticks) : Math.ceil(ticks)
  return numberText(Number.isSafeInteger(reached) ? product(reached, tickSize) : level)
}
