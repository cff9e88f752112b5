import { z } from 'zod'
import type { RuleDefinition, RuleSubject } from '../rule.ts'
import {
  always,
  ascending,
  exactlyOne,
  finite,
  misplaced,
  positiveAmount,
  positivePct,
  presentOf,
  price,
  priceAtAmount,
  priceAtProfit,
  signed,
  unreachableTarget,
  unusualPct,
} from './options.ts'

const step = z.strictObject({
  /** Age of the position from which the step holds, ms. */
  afterMs: z.int().nonnegative(),
  /** Profit in percent of the entry price; may be negative, to leave an old position cheaply. */
  pct: signed,
})

const LEVELS = ['pct', 'price', 'amount', 'schedule'] as const

const options = z
  .strictObject({
    /** Profit in percent of the entry price. */
    pct: positivePct.optional(),
    /** The target itself. */
    price: price.optional(),
    /** Profit of the whole position, in money. */
    amount: positiveAmount.optional(),
    /** A target that moves with the age of the position. */
    schedule: z.array(step).min(1).optional(),
  })
  .superRefine(exactlyOne(LEVELS), always)
  .superRefine(ascending('schedule', 'afterMs'), always)

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
      if (schedule === undefined) return finite({ target: targetOf(position, given) })
      const ageMs = now - position.openedAt
      let due = 0
      while (due < schedule.length && schedule[due]!.afterMs <= ageMs) due++
      const next = schedule[due]
      const rearmAt = position.openedAt + (next?.afterMs ?? 0)
      if (due === 0) return { rearmAt }
      const target = priceAtProfit(position, schedule[due - 1]!.pct)
      return next === undefined ? { target } : { target, rearmAt }
    },
  }),
  warnings: (given, subject) => {
    if (given.schedule === undefined) {
      const target = targetOf(subject, given)
      const [only] = presentOf(LEVELS, given)
      return [...unusualPct('pct', given.pct), ...misplaced(only!, { target }, subject)]
    }
    return given.schedule.flatMap(({ afterMs, pct }, index) => {
      const path = `schedule[${index}].pct`
      const target = priceAtProfit(subject, pct)
      return [
        ...unusualPct(path, pct),
        ...(afterMs === 0
          ? misplaced(path, { target }, subject)
          : unreachableTarget(path, pct, target, subject)),
      ]
    })
  },
}
