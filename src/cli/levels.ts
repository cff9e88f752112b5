import { levelText } from '../domain/level-text.ts'
import type { PositionView } from '../ports/control/positions.ts'

export { levelText, numberText } from '../domain/level-text.ts'

/** The stop of a position, `-` where there is none; the price of a long falls to it. */
export const stopText = ({ side, stop, tickSize }: PositionView): string =>
  stop === null ? '-' : levelText(stop, { isBelow: side === 'long', tickSize })

/** The target of a position, `-` where there is none; the price of a long rises to it. */
export const targetText = ({ side, target, tickSize }: PositionView): string =>
  target === null ? '-' : levelText(target, { isBelow: side === 'short', tickSize })
