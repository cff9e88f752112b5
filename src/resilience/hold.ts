import type { BreakerOptions } from './breaker-options.ts'
import { banProbeMs } from './breaker-state.ts'

/** How long the venue makes urgent calls of a group wait. */
export interface Hold {
  /** Monotonic ms. */
  readonly until: number
  /** Times in a row. */
  readonly count: number
}

/** Nothing to wait for. */
export const NO_HOLD: Hold = { until: -Infinity, count: 0 }

/**
 * The hold after a refusal that names a wait, at `now` (monotonic ms). However long the venue says, an
 * exit asks again after `exitProbeMs`, and later each time: a header may be wrong.
 */
export function held(before: Hold, waitMs: number, options: BreakerOptions, now: number): Hold {
  // Calls that were under way together were given the same wait once.
  const count = before.until > now ? before.count : before.count + 1
  const until = now + Math.min(waitMs, banProbeMs(options, count))
  return { until: Math.max(before.until, until), count }
}
