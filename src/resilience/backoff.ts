import { z } from 'zod'
import { notBelow, positiveMs } from './options.ts'

/** Options of a backoff; every field has a default. */
export const backoffOptions = z
  .strictObject({
    initialMs: positiveMs.default(200).meta({
      unit: 'ms',
      description: 'Delay of the second restart in a row; the first one is at once.',
    }),
    factor: z
      .number()
      .min(1)
      .max(100)
      .default(2)
      .meta({ unit: 'times', description: 'Growth of each further delay.' }),
    maxMs: positiveMs
      .default(30_000)
      .meta({ unit: 'ms', description: 'Longest delay, jitter included.' }),
    jitter: z
      .number()
      .min(0)
      .max(1)
      .default(0.2)
      .meta({ unit: 'share', description: 'Part of a delay by which chance changes it.' }),
    resetAfterMs: positiveMs.default(60_000).meta({
      unit: 'ms',
      description: 'After this time without a failure the next one counts as the first again.',
    }),
  })
  .superRefine(...notBelow('maxMs', 'initialMs'))

/** The options with their defaults filled in; times are ms. */
export type BackoffPolicy = Readonly<z.infer<typeof backoffOptions>>

/** How far the delays of one child have grown. */
export interface BackoffState {
  /** Failures since growth began. */
  readonly failures: number
  /** Since when it runs, monotonic ms; null while it is down. */
  readonly aliveSince: number | null
}

/** The state of what has never failed, and does not live yet. */
export const freshBackoff: BackoffState = { failures: 0, aliveSince: null }

/** How a delay grows: what a backoff and a breaker have in common. */
export interface Growth {
  readonly initialMs: number
  readonly factor: number
  readonly maxMs: number
  readonly jitter: number
}

/** The `attempt`-th delay in a row (from 1), ms; `random` is in [0, 1). The cap comes after jitter. */
export function grownMs(growth: Growth, attempt: number, random: number): number {
  const { initialMs, factor, maxMs, jitter } = growth
  // Growth is capped before the jitter too, or delays at the cap would all be equal.
  const plainMs = Math.min(maxMs, initialMs * factor ** (attempt - 1))
  return Math.min(maxMs, plainMs * (1 + jitter * (2 * random - 1)))
}

/**
 * Notes that the child runs at `now` (monotonic ms). Its run begins with the first call after a
 * failure; growth is forgotten once it has lasted `resetAfterMs`.
 */
export function alive(policy: BackoffPolicy, state: BackoffState, now: number): BackoffState {
  if (state.aliveSince === null) return { ...state, aliveSince: now }
  if (state.failures === 0 || now - state.aliveSince < policy.resetAfterMs) return state
  return { ...state, failures: 0 }
}

/**
 * Takes a failure, of a start or of a run, at `now` (monotonic ms) and gives the delay before the
 * next start, ms: 0 for the first. `random` is in [0, 1). Ends the run that `alive` began.
 *
 * @example
 * ```ts
 * import { backoffOptions, freshBackoff, nextDelay } from 'watchkeeper/resilience'
 *
 * const policy = backoffOptions.parse({ initialMs: 200, factor: 2, jitter: 0 })
 * const [once, first] = nextDelay(policy, freshBackoff, 0, 0.5)
 * const [twice, second] = nextDelay(policy, once, 10, 0.5)
 * const [, third] = nextDelay(policy, twice, 300, 0.5)
 * const delays = [first, second, third]
 * delays // => [0, 200, 400]
 * ```
 */
export function nextDelay(
  policy: BackoffPolicy,
  state: BackoffState,
  now: number,
  random: number,
): [BackoffState, number] {
  const { failures } = state.aliveSince === null ? state : alive(policy, state, now)
  const delayMs = failures === 0 ? 0 : grownMs(policy, failures, random)
  return [{ failures: failures + 1, aliveSince: null }, delayMs]
}
