import { type Position, isAtLeast } from '../../domain/position.ts'
import type { Levels } from '../rule.ts'
import { priceAtProfit } from './options.ts'

/** A tier that holds from a best profit of `atPct` percent of the entry price. */
export interface Tier {
  readonly atPct: number
}

/**
 * The stop of a rule whose tiers follow each other by best profit. A tier gives `levelAt(best)`
 * while it holds; of a tier that was passed the highest level stays, so that a wider tier never
 * loosens the stop.
 */
export function tieredStop<Each extends Tier>(
  tiers: readonly Each[],
  position: Position,
  best: number,
  levelAt: (tier: Each, best: number) => number,
): Levels {
  let stop: number | undefined
  for (const [index, tier] of tiers.entries()) {
    const from = priceAtProfit(position, tier.atPct)
    if (!isAtLeast(position.side, best, from)) return withStop(stop, from)
    const next = tiers[index + 1]
    const end = next === undefined ? undefined : priceAtProfit(position, next.atPct)
    const reached = end !== undefined && isAtLeast(position.side, best, end) ? end : best
    const level = levelAt(tier, reached)
    if (stop === undefined || isAtLeast(position.side, level, stop)) stop = level
  }
  return withStop(stop, undefined)
}

function withStop(stop: number | undefined, ratchet: number | undefined): Levels {
  if (stop === undefined) return ratchet === undefined ? {} : { ratchet }
  return ratchet === undefined ? { stop } : { stop, ratchet }
}
