import { z } from 'zod'
import { ratioOfSums } from '../../domain/decimal.ts'
import { isAtLeast, type Position, signOf } from '../../domain/position.ts'
import type { RuleDefinition } from '../rule.ts'
import { ascending, exactlyOne, positivePct, priceAtProfit, unusualPct } from './options.ts'
import { tieredStop } from './tiers.ts'

const options = z
  .strictObject({
    /** Profit given back before the exit, in percentage points of the entry price. */
    dropPoints: positivePct.optional(),
    /** The drop by best profit: each tier holds from `atPct` on. */
    tiers: z
      .array(z.strictObject({ atPct: z.number().nonnegative(), dropPoints: positivePct }))
      .min(1)
      .optional(),
    /** Best profit in percent of the entry price from which the rule holds; default at once. */
    activateAtPct: z.number().nonnegative().optional(),
  })
  .superRefine(exactlyOne(['dropPoints', 'tiers']))
  .superRefine(ascending('tiers', 'atPct'))

export type PeakDrawdownOptions = z.infer<typeof options>

/** The best price less so many percentage points of the entry price. */
const dropped = ({ side, entryPrice }: Position, best: number, points: number): number =>
  ratioOfSums(best, 100, -signOf(side) * entryPrice, points, 100)

/** Exits when the profit falls so many points below its peak. */
export const peakDrawdown: RuleDefinition<PeakDrawdownOptions> = {
  name: 'peakDrawdown',
  reason: 'peak-drawdown',
  summary: 'exits when the profit falls so many points below its peak',
  options,
  rule: ({ dropPoints, tiers, activateAtPct }) => ({
    kind: 'levels',
    reason: 'peak-drawdown',
    arm: (position, best) => {
      if (activateAtPct !== undefined) {
        const from = priceAtProfit(position, activateAtPct)
        if (!isAtLeast(position.side, best, from)) return { ratchet: from }
      }
      if (tiers === undefined) return { stop: dropped(position, best, dropPoints!) }
      return tieredStop(tiers, position, best, (tier, reached) =>
        dropped(position, reached, tier.dropPoints),
      )
    },
  }),
  warnings: ({ dropPoints, tiers = [], activateAtPct }) => [
    ...unusualPct('dropPoints', dropPoints),
    ...unusualPct('activateAtPct', activateAtPct),
    ...tiers.flatMap((tier, index) => [
      ...unusualPct(`tiers[${index}].atPct`, tier.atPct),
      ...unusualPct(`tiers[${index}].dropPoints`, tier.dropPoints),
    ]),
  ],
}
