import { z } from 'zod'
import type { RuleDefinition, RuleSubject } from '../rule.ts'
import {
  ascending,
  exactlyOne,
  misplaced,
  positivePct,
  price,
  priceAtAmount,
  priceAtProfit,
  unusualPct,
} from './options.ts'

const step = z.strictObject({
  /** Age of the position from which the step holds, ms. */
  afterMs: z.int().nonnegative(),
  /** Profit in percent of the entry price; may be negative, to leave an old position cheaply. */
  pct: z.number(),
})

const options = z
  .strictObject({
    /** Profit in percent of the entry price. */
    pct: positivePct.optional(),
    /** The target itself. */
    price: price.optional(),
    /** Profit of the whole position, in money. */
    amount: z.number().positive().optional(),
    /** A target that moves with the age of the position. */
    schedule: z.array(step).min(1).optional(),
  })
  .superRefine(exactlyOne(['pct', 'price', 'amount', 'schedule']))
  .superRefine(ascending('schedule', 'afterMs'))

export type TakeProfitOptions = z.infer<typeof options>

function targetOf(subject: RuleSubject, { pct, price, amount }: TakeProfitOptions): number {
  if (pct !== undefined) return priceAtProfit(subject, pct)
  return amount === undefined ? price! : priceAtAmount(subject, amount)
}

/** Exits at a profit: fixed, or falling due by a schedule of ages. */
export const takeProfit: RuleDefinition<TakeProfitOptions> = {
  name: 'takeProfit',
  reason: 'take-profit',
  summary: 'exits at a profit, fixed or by a schedule of ages',
  options,
  rule: given => ({
    kind: 'levels',
    reason: 'take-profit',
    arm: (position, _best, now) => {
      const { schedule } = given
      if (schedule === undefined) return { target: targetOf(position, given) }
      const ageMs = now - position.openedAt
      const next = schedule.findIndex(({ afterMs }) => afterMs > ageMs)
      const current = schedule[(next === -1 ? schedule.length : next) - 1]
      return {
        ...(current !== undefined && { target: priceAtProfit(position, current.pct) }),
        ...(next !== -1 && { rearmAt: position.openedAt + schedule[next]!.afterMs }),
      }
    },
  }),
  warnings: (given, subject) => {
    if (given.schedule === undefined) {
      const target = targetOf(subject, given)
      const [only] = Object.keys(given)
      return [...unusualPct('pct', given.pct), ...misplaced(only!, { target }, subject)]
    }
    return given.schedule.flatMap(({ pct }, index) => unusualPct(`schedule[${index}].pct`, pct))
  },
}
