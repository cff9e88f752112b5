import { z } from 'zod'
import { backoffOptions } from './backoff.ts'
import { positiveMs } from './options.ts'
import { supervisionOptions } from './restarts.ts'

/** Without one of these nothing leaves, or nothing is limited: the process ends in order. */
const indispensable = {
  maxRestarts: z.int().min(0).max(1_000).default(10),
  withinMs: positiveMs.default(60_000),
  backoff: backoffOptions.prefault({}),
  onGiveUp: z.literal('shutdown').default('shutdown'),
}

/** The section `supervision` of the configuration: what happens to an actor that throws or hangs. */
export const supervisionSchema = supervisionOptions
  .extend({
    reconciler: z.strictObject(indispensable).prefault({}),
    portfolio: z.strictObject(indispensable).prefault({}),
    caretaker: z.strictObject(indispensable).prefault({}),
    /** Times in a row that a rule of a position may throw before health is `fail`. */
    ruleErrors: z.int().positive().default(20),
    /** The process is killed when its event loop stands still for so long, ms. */
    exitOnBlockedMs: positiveMs.min(1_000).default(10_000),
  })
  .prefault({})

export type Supervision = Readonly<z.infer<typeof supervisionSchema>>

/** The policy where nothing is configured. */
export const DEFAULT_SUPERVISION: Supervision = supervisionSchema.parse(undefined)
