import { z } from 'zod'
import { agesOf, restoredCeiling } from './ceiling.ts'
import { boundedRate, throttle, type Throttle, type ThrottleOptions } from './throttle.ts'

const ms = z.number().nonnegative()

/** What a store keeps of a throttle; ages and durations, as monotonic times end with their process. */
export const throttleSnapshot = z.strictObject({
  /** Calls a second, as far as they were found out. */
  rate: z.number().positive(),
  /** What is left of the gates of Retry-After, ms. */
  pollsGatedMs: ms,
  exitsGatedMs: ms,
  cuts: z
    .array(
      z.strictObject({
        ageMs: ms,
        from: z.number(),
        to: z.number(),
        reason: z.enum(['probe', 'measured', 'too-few-samples']),
      }),
    )
    .max(100),
  /** Calls under each published horizon, with their age. */
  ceilings: z.array(
    z.strictObject({
      horizonMs: z.number().positive(),
      counts: z.array(z.tuple([ms, z.int().positive()])).max(100),
    }),
  ),
})

export type ThrottleSnapshot = Readonly<z.infer<typeof throttleSnapshot>>

/** What to keep of the throttle at `now` (monotonic ms). */
export const snapshotThrottle = (state: Throttle, now: number): ThrottleSnapshot => ({
  rate: state.recoverTo ?? state.rate,
  pollsGatedMs: Math.max(0, state.pollsGatedUntil - now),
  exitsGatedMs: Math.max(0, state.exitsGatedUntil - now),
  cuts: state.cuts.map(({ at, ...cut }) => ({ ...cut, ageMs: Math.max(0, now - at) })),
  ceilings: state.ceilings.map(each => ({ horizonMs: each.horizonMs, counts: agesOf(each, now) })),
})

/** The same snapshot `elapsedMs` later. */
export const agedThrottle = (kept: ThrottleSnapshot, elapsedMs: number): ThrottleSnapshot => ({
  ...kept,
  pollsGatedMs: Math.max(0, kept.pollsGatedMs - elapsedMs),
  exitsGatedMs: Math.max(0, kept.exitsGatedMs - elapsedMs),
  cuts: kept.cuts.map(cut => ({ ...cut, ageMs: cut.ageMs + elapsedMs })),
  ceilings: kept.ceilings.map(({ horizonMs, counts }) => ({
    horizonMs,
    counts: counts.map(([ageMs, count]) => [ageMs + elapsedMs, count] as [number, number]),
  })),
})

/**
 * The throttle of a snapshot at `now` (monotonic ms of this process). It knows the rate that was found
 * out and what its horizons have admitted; it holds no token and grows as after a refusal.
 */
export function restoreThrottle(
  options: ThrottleOptions,
  kept: ThrottleSnapshot,
  now: number,
): Throttle {
  const fresh = throttle(options, now)
  return {
    ...fresh,
    rate: boundedRate(options, kept.rate),
    tokens: 0,
    pollsGatedUntil: now + kept.pollsGatedMs,
    exitsGatedUntil: now + kept.exitsGatedMs,
    cuts: kept.cuts.map(({ ageMs, ...cut }) => ({ ...cut, at: now - ageMs })),
    ceilings: fresh.ceilings.map(each => {
      const known = kept.ceilings.find(({ horizonMs }) => horizonMs === each.horizonMs)
      return known === undefined ? each : restoredCeiling(each, known.counts, now)
    }),
  }
}

/**
 * The stricter of two states of one limit, as two accounts that share it have kept them: each is behind by what the
 * other did since its last write.
 */
export function stricterThrottle(a: Throttle, b: Throttle): Throttle {
  const slower = b.rate < a.rate ? b : a
  return {
    ...slower,
    tokens: Math.min(a.tokens, b.tokens),
    pollsGatedUntil: Math.max(a.pollsGatedUntil, b.pollsGatedUntil),
    exitsGatedUntil: Math.max(a.exitsGatedUntil, b.exitsGatedUntil),
    ceilings: a.ceilings.map((each, index) => {
      const other = b.ceilings[index]
      return other !== undefined && admittedIn(other) > admittedIn(each) ? other : each
    }),
  }
}

const admittedIn = ({ slots }: Throttle['ceilings'][number]): number =>
  slots.reduce((sum, [, count]) => sum + count, 0)
