import { z } from 'zod'
import { difference, ratioOfSums } from '../../domain/decimal.ts'
import { isAtLeast } from '../../domain/position.ts'
import type { RuleDefinition } from '../rule.ts'
import { positivePct, priceAtProfit, unusualPct } from './options.ts'

const options = z.strictObject({
  /** Share of the best profit that is kept, percent. */
  keepPct: positivePct.max(100),
  /** Best profit in percent of the entry price from which the floor holds. */
  activateAtPct: positivePct,
})

export type ProfitFloorOptions = z.infer<typeof options>

/** Keeps a share of the best profit. */
export const profitFloor: RuleDefinition<ProfitFloorOptions> = {
  name: 'profitFloor',
  reason: 'profit-floor',
  summary: 'keeps a share of the best profit',
  options,
  rule: ({ keepPct, activateAtPct }) => {
    const givenUpPct = difference(100, keepPct)
    return {
      kind: 'levels',
      reason: 'profit-floor',
      arm: (position, best) => {
        const from = priceAtProfit(position, activateAtPct)
        if (!isAtLeast(position.side, best, from)) return { ratchet: from }
        return { stop: ratioOfSums(position.entryPrice, givenUpPct, best, keepPct, 100) }
      },
    }
  },
  warnings: ({ keepPct, activateAtPct }) => [
    ...(keepPct < 1 ? unusualPct('keepPct', keepPct / 100) : []).map(warning => ({
      ...warning,
      found: String(keepPct),
      expected: `a percentage from 1 to 100; did you mean ${Number((keepPct * 100).toPrecision(6))}?`,
    })),
    ...unusualPct('activateAtPct', activateAtPct),
  ],
}
