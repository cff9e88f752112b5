import { z } from 'zod'
import type { RuleDefinition } from '../rule.ts'
import { positiveMs } from './options.ts'

const options = z.strictObject({
  /** Time since the last tick, ms; `auto`: three times the longest of its last 200 gaps. */
  afterMs: z.union([positiveMs, z.literal('auto')]),
  /** What to do then; default `alert`. */
  action: z.enum(['alert', 'poll', 'exit']).optional(),
})

export type StaleQuoteOptions = z.infer<typeof options>

/** A shorter quiet time is probably in seconds. */
const SHORTEST_USUAL_MS = 1000

/** Acts when an instrument has not ticked for a time. */
export const staleQuote: RuleDefinition<StaleQuoteOptions> = {
  name: 'staleQuote',
  reason: 'stale-quote',
  summary: 'acts when the instrument has not ticked for a time',
  options,
  rule: ({ afterMs, action = 'alert' }) => ({
    kind: 'stale-quote',
    reason: 'stale-quote',
    afterMs,
    action,
  }),
  warnings: ({ afterMs }) =>
    afterMs === 'auto' || afterMs >= SHORTEST_USUAL_MS
      ? []
      : [
          {
            path: 'afterMs',
            found: String(afterMs),
            expected: 'milliseconds: a quiet time under one second is unusual',
          },
        ],
}
