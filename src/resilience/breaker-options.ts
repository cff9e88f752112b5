import { z } from 'zod'
import { notBelow, positiveMs } from './options.ts'

const thresholdPct = z.number().positive().max(100)

/** What windows with rates have in common. */
const rates = {
  /** Opens at this share of failures, percent. */
  failureRatePct: thresholdPct.default(50),
  /** Opens at this share of slow calls, percent; absent: slow calls are not judged. */
  slowRatePct: thresholdPct.optional(),
  /** A call that takes longer is slow, ms. */
  slowMs: positiveMs.optional(),
  /** Nothing is judged before so many outcomes; a count window clamps it to its size. */
  minimumCalls: z.int().min(1).max(10_000).default(10),
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
    kind: z.literal('consecutive'),
    /** Opens at so many failures without a success between them. */
    threshold: z.int().min(1).max(10_000).default(5),
  }),
  z
    .strictObject({
      kind: z.literal('count'),
      size: z.int().min(1).max(1000).default(100),
      ...rates,
    })
    .superRefine(slowness),
  z
    .strictObject({ kind: z.literal('time'), windowMs: positiveMs.default(60_000), ...rates })
    .superRefine(slowness),
])

/** Options of one breaker; every field has a default. */
export const breakerOptions = z
  .strictObject({
    window: windowOptions.default({ kind: 'consecutive', threshold: 5 }),
    /** First open in a row, ms. */
    openMs: positiveMs.default(10_000),
    /** First open in a row while an exit waits for the breaker, ms. */
    exitOpenMs: positiveMs.default(1_000),
    /** An open is never longer for an exit that waits, ms; a ban, and refused credentials, may be. */
    exitMaxOpenMs: positiveMs.default(2_000),
    /**
     * An exit that the venue has told to wait (a ban, a `retry-after`) asks again after this at the
     * latest, ms; after `factor` times as long, up to `maxOpenMs`, when it is told so again. It is the
     * longest wait of an exit whose credentials are refused.
     */
    exitProbeMs: positiveMs.default(5_000),
    /** Each further open is this many times the one before it. */
    factor: z.number().min(1).max(100).default(2),
    /** No open is longer, jitter included, ms; an explicit ban may be. */
    maxOpenMs: positiveMs.default(60_000),
    /** Share of an open by which chance may shorten or lengthen it. */
    jitter: z.number().min(0).max(0.2).default(0.2),
    /** Calls that a half-open breaker lets through. */
    halfOpenPermits: z.int().min(1).max(100).default(1),
    /** A probe without an answer reopens after this, ms. */
    halfOpenMaxMs: positiveMs.default(10_000),
  })
  .superRefine(...notBelow('maxOpenMs', 'openMs'))
  .superRefine(...notBelow('maxOpenMs', 'exitOpenMs'))
  .superRefine(...notBelow('exitMaxOpenMs', 'exitOpenMs'))

export type BreakerOptions = Readonly<z.infer<typeof breakerOptions>>

/** The options of a breaker's window. */
export type WindowOptions = BreakerOptions['window']
