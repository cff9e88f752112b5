import { isAtLeast, type Position } from '../../domain/position.ts'
import type { Levels } from '../rule.ts'
import { priceAtProfit } from './options.ts'

/** A tier that holds from a best profit of `atPct` percent of the entry price. */
export interface Tier {
  readonly atPct: number
}

/**
 * The stop of a rule whose tiers follow each other by best profit. A tier gives
 * `levelAt(position, best, tier)` while it holds; of a tier that was passed the tightest level stays,
 * so that a wider tier never loosens the stop.
 */
export function tieredStop<Each extends Tier>(
  tiers: readonly Each[],
  position: Position,
  best: number,
  levelAt: (position: Position, best: number, tier: Each) => number,
): Levels {
  const { side } = position
  let from = priceAtProfit(position, tiers[0]!.atPct)
  if (!isAtLeast(side, best, from)) return { ratchet: from }
  let stop: number | undefined
  for (let index = 0; index < tiers.length; index++) {
    const next = tiers[index + 1]
    if (next !== undefined) from = priceAtProfit(position, next.atPct)
    const isPassed = next !== undefined && isAtLeast(side, best, from)
    const level = levelAt(position, isPassed ? from : best, tiers[index]!)
    if (stop === undefined || isAtLeast(side, level, stop)) stop = level
    if (next !== undefined && !isPassed) return { stop, ratchet: from }
  }
  return { stop: stop! }
}
