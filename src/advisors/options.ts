import { z } from 'zod'
import { backoffOptions } from '../resilience/backoff.ts'

const ms = z.int().positive()

/** The section `advisors` of the configuration: programs in any language that may tighten stops. */
export const advisorsSchema = z
  .array(
    z.strictObject({
      name: z
        .string()
        .regex(/^[\w-]{1,40}$/, 'at most 40 letters, digits and any of _ -')
        .describe('Its name in the journal.'),
      command: z
        .array(z.string().min(1))
        .min(1)
        .max(50)
        .describe('The program and its arguments; no shell is in between.'),
      account: z
        .string()
        .min(1)
        .optional()
        .describe('Account whose positions it is given; required where there are several.'),
      positions: z
        .array(z.string().min(1))
        .default(['*'])
        .describe('Ids of the positions that it is given, with `*` for any text.'),
      instruments: z
        .array(z.string().min(1))
        .default(['*'])
        .describe('Instruments of the positions that it is given, with `*` for any text.'),
      mayExit: z
        .boolean()
        .default(false)
        .describe('`true`: it may exit positions at market; otherwise it may only tighten.'),
      everyMs: ms.min(100).max(600_000).default(1_000).meta({
        unit: 'ms',
        description: 'Shortest time between two updates; prices in between are left out.',
      }),
      hangMs: ms.min(1_000).max(3_600_000).default(15_000).meta({
        unit: 'ms',
        description: 'It is killed and restarted when it confirms no update for this long.',
      }),
      linesPerSecond: z.int().positive().max(10_000).default(100).meta({
        unit: 'lines/s',
        description: 'Lines beyond it are left out; at 20 times as many it is killed.',
      }),
      env: z
        .record(z.string(), z.string())
        .default({})
        .describe('Variables of its environment; besides these it has PATH, HOME and LANG.'),
      maxRestarts: z.int().min(0).max(1_000).default(5).meta({
        unit: 'restarts',
        description: 'More restarts within `withinMs` quarantine it: its last levels stay.',
      }),
      withinMs: ms
        .default(60_000)
        .meta({ unit: 'ms', description: 'Window in which its restarts are counted.' }),
      backoff: backoffOptions.prefault({}).describe('Delays between its restarts.'),
    }),
  )
  .max(20)
  .superRefine((advisors, context) => {
    advisors.forEach(({ name }, index) => {
      if (advisors.findIndex(each => each.name === name) === index) return
      const message = 'a name that no other advisor has'
      context.addIssue({ code: 'custom', path: [index, 'name'], message })
    })
  })
  .default([])
  .describe('Programs in any language that tighten stops, as child processes.')

export type AdvisorConfig = Readonly<z.infer<typeof advisorsSchema>[number]>
