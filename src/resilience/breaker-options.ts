import { z } from 'zod'
import { notBelow, positiveMs } from './options.ts'

const thresholdPct = z.number().positive().max(100)

/** What windows with rates have in common. */
const rates = {
  failureRatePct: thresholdPct
    .default(50)
    .meta({ unit: '% of calls', description: 'Share of failures at which the breaker opens.' }),
  slowRatePct: thresholdPct.optional().meta({
    unit: '% of calls',
    description: 'Share of slow calls at which it opens; absent: slow calls do not count.',
  }),
  slowMs: positiveMs
    .optional()
    .meta({ unit: 'ms', description: 'A call that takes longer is slow.' }),
  minimumCalls: z.int().min(1).max(10_000).default(10).meta({
    unit: 'calls',
    description: 'Fewer outcomes open nothing; `kind: count` clamps it to `size`.',
  }),
}

/** Slow calls need both a limit and a rate, or neither. */
function slowness(
  { slowMs, slowRatePct }: { slowMs?: number | undefined; slowRatePct?: number | undefined },
  context: z.RefinementCtx,
): void {
  if ((slowMs === undefined) === (slowRatePct === undefined)) return
  const [missing, given] =
    slowMs === undefined ? ['slowMs', 'slowRatePct'] : ['slowRatePct', 'slowMs']
  context.addIssue({ code: 'custom', path: [missing], message: `a number, as ${given} is given` })
}

const windowOptions = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('consecutive').describe('Counts failures in a row.'),
    threshold: z
      .int()
      .min(1)
      .max(10_000)
      .default(5)
      .meta({ unit: 'failures', description: 'Failures in a row at which the breaker opens.' }),
  }),
  z
    .strictObject({
      kind: z.literal('count').describe('Rates over the last calls.'),
      size: z
        .int()
        .min(1)
        .max(1000)
        .default(100)
        .meta({ unit: 'calls', description: 'Number of the last calls that count.' }),
      ...rates,
    })
    .superRefine(slowness),
  z
    .strictObject({
      kind: z.literal('time').describe('Rates over the last stretch of time.'),
      windowMs: positiveMs
        .default(60_000)
        .meta({ unit: 'ms', description: 'Length of the stretch of time.' }),
      ...rates,
    })
    .superRefine(slowness),
])

/** Options of one breaker; every field has a default. */
export const breakerOptions = z
  .strictObject({
    window: windowOptions
      .default({ kind: 'consecutive', threshold: 5 })
      .describe('Which outcomes open the breaker.'),
    openMs: positiveMs
      .default(10_000)
      .meta({ unit: 'ms', description: 'First open time in a row.' }),
    exitOpenMs: positiveMs.default(1_000).meta({
      unit: 'ms',
      description: 'First open time in a row while an exit waits for the breaker.',
    }),
    exitMaxOpenMs: positiveMs.default(2_000).meta({
      unit: 'ms',
      description:
        'Longest open time for an exit that waits; a ban, and refused credentials, may be longer.',
    }),
    exitProbeMs: positiveMs.default(5_000).meta({
      unit: 'ms',
      description:
        'An exit that the venue makes wait (a ban, a `retry-after`) asks again after this at the latest, then after `factor` times as long, up to `maxOpenMs`; also the longest wait of an exit whose credentials are refused.',
    }),
    factor: z
      .number()
      .min(1)
      .max(100)
      .default(2)
      .meta({ unit: 'times', description: 'Growth of each further open time in a row.' }),
    maxOpenMs: positiveMs.default(60_000).meta({
      unit: 'ms',
      description: 'Longest open time, jitter included; an explicit ban may be longer.',
    }),
    jitter: z
      .number()
      .min(0)
      .max(0.2)
      .default(0.2)
      .meta({ unit: 'share', description: 'Part of an open time by which chance changes it.' }),
    halfOpenPermits: z
      .int()
      .min(1)
      .max(100)
      .default(1)
      .meta({ unit: 'calls', description: 'Calls that a half-open breaker admits.' }),
    halfOpenMaxMs: positiveMs
      .default(10_000)
      .meta({ unit: 'ms', description: 'A probe without an answer reopens after this.' }),
  })
  .superRefine(...notBelow('maxOpenMs', 'openMs'))
  .superRefine(...notBelow('maxOpenMs', 'exitOpenMs'))
  .superRefine(...notBelow('exitMaxOpenMs', 'exitOpenMs'))

/** The options with their defaults filled in; times are ms. */
export type BreakerOptions = Readonly<z.infer<typeof breakerOptions>>

/** The options of a breaker's window. */
export type WindowOptions = BreakerOptions['window']
