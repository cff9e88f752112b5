import { z } from 'zod'
import type { RuleDefinition } from '../rule.ts'
import { positiveMs } from './options.ts'

const options = z.strictObject({
  /** Longest age of the position, ms. */
  ms: positiveMs,
})

export type MaxHoldOptions = z.infer<typeof options>

/** A shorter duration is probably in seconds. */
const SHORTEST_USUAL_MS = 1000

/** Exits when the position reaches an age. */
export const maxHold: RuleDefinition<MaxHoldOptions> = {
  name: 'maxHold',
  reason: 'max-hold',
  summary: 'exits when the position reaches an age',
  options,
  rule: ({ ms }) => ({
    kind: 'levels',
    reason: 'max-hold',
    arm: position => ({ exitAt: position.openedAt + ms }),
  }),
  warnings: ({ ms }) =>
    ms >= SHORTEST_USUAL_MS
      ? []
      : [
          {
            path: 'ms',
            found: String(ms),
            expected: 'milliseconds: an age under one second is unusual',
          },
        ],
}
