import {
  banProbeMs,
  closedAgain,
  opened,
  type Breaker,
  type BreakerIn,
  type Circumstances,
} from './breaker-state.ts'
import { isSlow, rateExcess } from './window.ts'

/**
 * When a half-open breaker lets the next call through, monotonic ms; Infinity: not before a probe has
 * ended. Other calls than exits do not probe within a ban, and an exit does not wait for a probe that
 * takes longer than an open.
 */
export function freeAt(
  { options, out, good, failed, ban }: BreakerIn<'half-open'>,
  { isExitWaiting = false }: Circumstances,
): number {
  if (out.length + good + failed < options.halfOpenPermits) {
    return isExitWaiting ? -Infinity : (ban?.until ?? -Infinity)
  }
  const last = out.at(-1)
  if (!isExitWaiting || last === undefined) return Infinity
  return last.at + (ban === undefined ? options.exitMaxOpenMs : banProbeMs(options, ban.count))
}

/** When the oldest probe counts as hung; Infinity when none is out. */
export const hungAt = ({ options, out }: BreakerIn<'half-open'>): number =>
  out.length === 0 ? Infinity : out[0]!.at + options.halfOpenMaxMs

/** Takes a probe's outcome: reopens once the threshold cannot be avoided, closes when all is in. */
export function sampled(
  seen: BreakerIn<'half-open'>,
  { isFailure, durationMs }: { readonly isFailure: boolean; readonly durationMs: number },
  now: number,
  circumstances: Circumstances,
): Breaker {
  const { window, halfOpenPermits: total } = seen.options
  const failed = seen.failed + (isFailure ? 1 : 0)
  const slow = seen.slow + (isSlow(window, durationMs) ? 1 : 0)
  const good = seen.good + (isFailure ? 0 : 1)
  const next = { ...seen, failed, slow, good }
  // Judged over the whole sample: what is still out may at best succeed.
  const bad =
    window.kind === 'consecutive'
      ? failed > 0 && 'failure-rate'
      : rateExcess(window, { total, failures: failed, slow })
  if (bad !== false && bad !== undefined) {
    const cause = bad === 'slow-rate' ? 'probe-slow' : 'probe-failed'
    return opened(next, { at: now, cause }, circumstances)
  }
  return good + failed < total ? next : closedAgain(next, { at: now, cause: 'sample-good' })
}
