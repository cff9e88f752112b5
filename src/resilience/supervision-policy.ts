import { z } from 'zod'
import { positiveMs } from './options.ts'
import { indispensable, supervisionOptions } from './restarts.ts'

/** The section `supervision` of the configuration: what happens to an actor that throws or hangs. */
export const supervisionSchema = supervisionOptions
  .extend({
    reconciler: indispensable('The reconciler, which compares holdings with positions.'),
    portfolio: indispensable('The portfolio, which watches the limits on a loss.'),
    caretaker: indispensable(
      'The caretaker, which exits positions whose monitors are quarantined.',
    ),
    ruleErrors: z.int().positive().default(20).meta({
      unit: 'errors',
      description: 'Times in a row that a rule of a position may throw before health is `fail`.',
    }),
    exitOnBlockedMs: positiveMs.min(1_000).default(10_000).meta({
      unit: 'ms',
      description: 'The process is killed when its event loop stands still for this long.',
    }),
  })
  .prefault({})
  .describe('What happens to an actor that throws or hangs.')

export type Supervision = Readonly<z.infer<typeof supervisionSchema>>

/** The policy where nothing is configured. */
export const DEFAULT_SUPERVISION: Supervision = supervisionSchema.parse(undefined)
