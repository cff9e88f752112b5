import { z } from 'zod'
import type { Position } from '../../domain/position.ts'
import type { RuleDefinition } from '../rule.ts'
import {
  always,
  ascending,
  positivePct,
  priceAtProfit,
  signed,
  unreachable,
  unusualPct,
  uselessTiers,
} from './options.ts'
import { tieredStop } from './tiers.ts'

const step = z
  .strictObject({
    /** Best profit in percent of the entry price that takes the step. */
    atPct: positivePct,
    /** Profit in percent of the entry price that is then kept; 0 is break-even, may be negative. */
    lockPct: signed,
  })
  .superRefine(({ atPct, lockPct }, context) => {
    if (lockPct < atPct) return
    const message = `a number below atPct ${atPct}: a lock at or above its trigger exits at once`
    context.addIssue({ code: 'custom', path: ['lockPct'], message })
  })

const options = z
  .strictObject({ steps: z.array(step).min(1) })
  .superRefine(ascending('steps', 'atPct'), always)

export type ProfitLockOptions = z.infer<typeof options>

const locked = (
  position: Pick<Position, 'side' | 'entryPrice'>,
  _best: number,
  { lockPct }: { readonly lockPct: number },
): number => priceAtProfit(position, lockPct)

/** Locks a profit in once a larger one was reached, in steps. */
export const profitLock: RuleDefinition<ProfitLockOptions> = {
  name: 'profitLock',
  reason: 'profit-lock',
  summary: 'locks a profit in once a larger one was reached',
  options,
  rule: ({ steps }) => ({
    kind: 'levels',
    reason: 'profit-lock',
    arm: (position, best) => tieredStop(steps, position, best, locked),
  }),
  warnings: ({ steps }, subject) => [
    ...steps.flatMap(({ atPct, lockPct }, index) => [
      ...unusualPct(`steps[${index}].atPct`, atPct),
      ...unreachable(`steps[${index}].atPct`, atPct, subject),
      ...unreachable(`steps[${index}].lockPct`, lockPct, subject),
    ]),
    ...uselessTiers({ path: 'steps', tiers: steps, isFixed: true }, subject, locked),
  ],
}
