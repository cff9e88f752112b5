import { z } from 'zod'
import { ratioOfSums } from '../../domain/decimal.ts'
import { isAtLeast, type Position, signOf } from '../../domain/position.ts'
import type { Levels, RuleDefinition, RuleWarning } from '../rule.ts'
import {
  ascending,
  atMostOne,
  exactlyOne,
  positivePct,
  price,
  priceAtProfit,
  unusualPct,
} from './options.ts'
import { tieredStop } from './tiers.ts'

const distancePct = positivePct.lt(100)

const options = z
  .strictObject({
    /** Distance in percent of the best price (or of the entry price, see `basis`). */
    distancePct: distancePct.optional(),
    /** Distance in price points. */
    distance: z.number().positive().optional(),
    /** The distance by best profit: each tier holds from `atPct` on. */
    tiers: z
      .array(z.strictObject({ atPct: z.number().nonnegative(), distancePct }))
      .min(1)
      .optional(),
    /** What percentages of distance refer to; default the best price. */
    basis: z.enum(['best', 'entry']).optional(),
    /** Best profit in percent of the entry price from which the stop trails; default at once. */
    activateAtPct: z.number().nonnegative().optional(),
    /** Best price from which the stop trails. */
    activateAtPrice: price.optional(),
  })
  .superRefine(exactlyOne(['distancePct', 'distance', 'tiers']))
  .superRefine(atMostOne(['activateAtPct', 'activateAtPrice']))
  .superRefine(atMostOne(['distance', 'basis']))
  .superRefine(ascending('tiers', 'atPct'))

export type TrailingStopOptions = z.infer<typeof options>

function activation(position: Position, given: TrailingStopOptions): number | undefined {
  if (given.activateAtPrice !== undefined) return given.activateAtPrice
  return given.activateAtPct === undefined
    ? undefined
    : priceAtProfit(position, given.activateAtPct)
}

/** `best` less `pct` percent of `base`, towards the losing side. */
function giveBack(position: Position, best: number, pct: number, basis = 'best'): number {
  const base = basis === 'entry' ? position.entryPrice : best
  return ratioOfSums(best, 100, -signOf(position.side) * base, pct, 100)
}

function trail(position: Position, best: number, given: TrailingStopOptions): Levels {
  const { distance, tiers, basis } = given
  if (tiers !== undefined) {
    return tieredStop(tiers, position, best, (tier, reached) =>
      giveBack(position, reached, tier.distancePct, basis),
    )
  }
  if (distance !== undefined) {
    return { stop: ratioOfSums(best, 1, -signOf(position.side), distance, 1) }
  }
  return { stop: giveBack(position, best, given.distancePct!, basis) }
}

function warnings(given: TrailingStopOptions): RuleWarning[] {
  return [
    ...unusualPct('distancePct', given.distancePct),
    ...unusualPct('activateAtPct', given.activateAtPct),
    ...(given.tiers ?? []).flatMap(({ atPct, distancePct: each }, index) => [
      ...unusualPct(`tiers[${index}].atPct`, atPct),
      ...unusualPct(`tiers[${index}].distancePct`, each),
    ]),
  ]
}

/** Follows the best price at a distance once it is active. */
export const trailingStop: RuleDefinition<TrailingStopOptions> = {
  name: 'trailingStop',
  reason: 'trailing-stop',
  summary: 'follows the best price at a distance',
  options,
  rule: given => ({
    kind: 'levels',
    reason: 'trailing-stop',
    arm: (position, best) => {
      const from = activation(position, given)
      if (from !== undefined && !isAtLeast(position.side, best, from)) return { ratchet: from }
      return trail(position, best, given)
    },
  }),
  warnings,
}
