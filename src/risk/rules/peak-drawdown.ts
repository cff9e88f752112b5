import { z } from 'zod'
import { ratioOfSums, sum } from '../../domain/decimal.ts'
import { isAtLeast, signOf, type Position } from '../../domain/position.ts'
import type { RuleDefinition, RuleSubject, RuleWarning } from '../rule.ts'
import {
  always,
  ascending,
  exactlyOne,
  pctFromZero,
  positivePct,
  priceAtProfit,
  unreachable,
  unusualPct,
  uselessTiers,
} from './options.ts'
import { tieredStop } from './tiers.ts'

const options = z
  .strictObject({
    /** Profit given back before the exit, in percentage points of the entry price. */
    dropPoints: positivePct.optional(),
    /** The drop by best profit: each tier holds from `atPct` on. */
    tiers: z
      .array(z.strictObject({ atPct: pctFromZero, dropPoints: positivePct }))
      .min(1)
      .optional(),
    /** Best profit in percent of the entry price from which the rule holds; default at once. */
    activateAtPct: pctFromZero.optional(),
  })
  .superRefine(exactlyOne(['dropPoints', 'tiers']), always)
  .superRefine(ascending('tiers', 'atPct'), always)

export type PeakDrawdownOptions = z.infer<typeof options>

/** The best price less so many percentage points of the entry price. */
const dropped = (
  { side, entryPrice }: Pick<Position, 'side' | 'entryPrice'>,
  best: number,
  { dropPoints }: { readonly dropPoints: number },
): number => ratioOfSums(best, 100, -signOf(side) * entryPrice, dropPoints, 100)

/** Exits when the profit falls so many points below its peak. */
export const peakDrawdown: RuleDefinition<PeakDrawdownOptions> = {
  name: 'peakDrawdown',
  reason: 'peak-drawdown',
  summary: 'exits when the profit falls so many points below its peak',
  options,
  rule: ({ dropPoints, tiers, activateAtPct }) => {
    const only = { dropPoints: dropPoints! }
    return {
      kind: 'levels',
      reason: 'peak-drawdown',
      arm: (position, best) => {
        if (activateAtPct !== undefined) {
          const from = priceAtProfit(position, activateAtPct)
          if (!isAtLeast(position.side, best, from)) return { ratchet: from }
        }
        if (tiers === undefined) return { stop: dropped(position, best, only) }
        return tieredStop(tiers, position, best, dropped)
      },
    }
  },
  warnings: ({ dropPoints, tiers = [], activateAtPct }, subject) => [
    ...unusualPct('dropPoints', dropPoints),
    ...tooWide('dropPoints', { dropPoints, atPct: activateAtPct }, subject),
    ...unusualPct('activateAtPct', activateAtPct),
    ...unreachable('activateAtPct', activateAtPct, subject),
    ...tiers.flatMap((tier, index) => [
      ...unusualPct(`tiers[${index}].atPct`, tier.atPct),
      ...unreachable(`tiers[${index}].atPct`, tier.atPct, subject),
      ...unusualPct(`tiers[${index}].dropPoints`, tier.dropPoints),
      ...tooWide(`tiers[${index}].dropPoints`, tier, subject),
    ]),
    ...uselessTiers({ path: 'tiers', tiers }, subject, dropped),
  ],
}

/** A warning if the stop of a long is not above 0 at the profit from which it holds. */
function tooWide(
  path: string,
  {
    dropPoints,
    atPct = 0,
  }: Pick<PeakDrawdownOptions, 'dropPoints'> & { atPct?: number | undefined },
  { side }: RuleSubject,
): RuleWarning[] {
  const widest = sum(100, atPct)
  if (dropPoints === undefined || side === 'short' || dropPoints < widest) return []
  const expected = `fewer than ${widest} points: the stop of a long would be at 0 or below`
  return [{ path, found: String(dropPoints), expected }]
}
