import { z } from 'zod'
import type { RuleDefinition, RuleSubject } from '../rule.ts'
import {
  always,
  exactlyOne,
  finite,
  misplaced,
  positiveAmount,
  positivePct,
  presentOf,
  price,
  priceAtAmount,
  priceAtProfit,
  unusualPct,
} from './options.ts'

const LEVELS = ['pct', 'price', 'amount'] as const

const options = z
  .strictObject({
    /** Loss in percent of the entry price. */
    pct: positivePct.optional(),
    /** The stop itself. */
    price: price.optional(),
    /** Loss of the whole position, in money. */
    amount: positiveAmount.optional(),
  })
  .superRefine(exactlyOne(LEVELS), always)

export type StopLossOptions = z.infer<typeof options>

function stopOf(subject: RuleSubject, { pct, price, amount }: StopLossOptions): number {
  if (pct !== undefined) return priceAtProfit(subject, -pct)
  return amount === undefined ? price! : priceAtAmount(subject, -amount)
}

/** Exits at a fixed loss. */
export const stopLoss: RuleDefinition<StopLossOptions> = {
  name: 'stopLoss',
  reason: 'stop-loss',
  summary: 'exits at a fixed loss',
  options,
  rule: given => ({
    kind: 'levels',
    reason: 'stop-loss',
    arm: position => finite({ stop: stopOf(position, given) }),
  }),
  warnings: (given, subject) => [
    ...unusualPct('pct', given.pct),
    ...misplaced(presentOf(LEVELS, given)[0]!, { stop: stopOf(subject, given) }, subject),
  ],
}
