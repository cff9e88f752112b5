import { z } from 'zod'
import { difference, ratioOfSums } from '../../domain/decimal.ts'
import { isAtLeast } from '../../domain/position.ts'
import type { RuleDefinition, RuleWarning } from '../rule.ts'
import { positivePct, priceAtProfit, unreachable, unusualPct } from './options.ts'

const options = z.strictObject({
  /** Share of the best profit that is kept, percent. */
  keepPct: positivePct.max(100),
  /** Best profit in percent of the entry price from which the floor holds. */
  activateAtPct: positivePct,
})

export type ProfitFloorOptions = z.infer<typeof options>

/** A warning if the share is probably a fraction: 0.5 for 50 %. */
function fraction(keepPct: number): RuleWarning[] {
  if (keepPct >= 1) return []
  const meant = Number((keepPct * 100).toPrecision(6))
  const expected = `a percentage from 1 to 100; did you mean ${meant}?`
  return [{ path: 'keepPct', found: String(keepPct), expected }]
}

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
  warnings: ({ keepPct, activateAtPct }, subject) => [
    ...fraction(keepPct),
    ...unusualPct('activateAtPct', activateAtPct),
    ...unreachable('activateAtPct', activateAtPct, subject),
  ],
}
