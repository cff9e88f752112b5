import { z } from 'zod'
import type { RuleDefinition } from '../rule.ts'
import { ascending, positivePct, priceAtProfit, unusualPct } from './options.ts'
import { tieredStop } from './tiers.ts'

const step = z
  .strictObject({
    /** Best profit in percent of the entry price that takes the step. */
    atPct: positivePct,
    /** Profit in percent of the entry price that is then kept; 0 is break-even, may be negative. */
    lockPct: z.number(),
  })
  .superRefine(({ atPct, lockPct }, context) => {
    if (lockPct < atPct) return
    const message = `a number below atPct ${atPct}: a lock at or above its trigger exits at once`
    context.addIssue({ code: 'custom', path: ['lockPct'], message })
  })

const options = z
  .strictObject({ steps: z.array(step).min(1) })
  .superRefine(ascending('steps', 'atPct'))

export type ProfitLockOptions = z.infer<typeof options>

/** Locks a profit in once a larger one was reached, in steps. */
export const profitLock: RuleDefinition<ProfitLockOptions> = {
  name: 'profitLock',
  reason: 'profit-lock',
  summary: 'locks a profit in once a larger one was reached',
  options,
  rule: ({ steps }) => ({
    kind: 'levels',
    reason: 'profit-lock',
    arm: (position, best) =>
      tieredStop(steps, position, best, ({ lockPct }) => priceAtProfit(position, lockPct)),
  }),
  warnings: ({ steps }) =>
    steps.flatMap(({ atPct }, index) => unusualPct(`steps[${index}].atPct`, atPct)),
}
