import { product, round15 } from '../domain/decimal.ts'
import type { PositionView } from '../ports/control/positions.ts'

/** A price or quantity for a person: with the 15 digits that a double holds, and no rest of a computation. */
export const numberText = (value: number): string => String(round15(value))

/** Ticks that a level may be off by and still be that tick: what doubles leave. */
const SAME_TICK = 1e-9

/**
 * A level for a person: the price at which it is reached. Prices are whole ticks, so that a level between two
 * ticks is reached at the next one in its direction.
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

/** The stop of a position for a person, `-` where there is none: a long falls to it. */
export const stopText = ({ side, stop, tickSize }: PositionView): string =>
  stop === null ? '-' : levelText(stop, { isBelow: side === 'long', tickSize })

/** The target of a position for a person, `-` where there is none: a long rises to it. */
export const targetText = ({ side, target, tickSize }: PositionView): string =>
  target === null ? '-' : levelText(target, { isBelow: side === 'short', tickSize })
