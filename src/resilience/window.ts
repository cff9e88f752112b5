import type { WindowOptions } from './breaker-options.ts'

/** A call that counts: whether it failed, and how long it took, ms. */
export interface Recorded {
  readonly isFailure: boolean
  readonly durationMs: number
}

interface Tally {
  readonly total: number
  readonly failures: number
  readonly slow: number
}

/** What a breaker remembers of past calls. */
export type Window =
  | { readonly kind: 'consecutive'; readonly failures: number }
  | { readonly kind: 'count'; readonly calls: readonly Tally[] }
  | { readonly kind: 'time'; readonly buckets: readonly (Tally & { readonly index: number })[] }

/** Why a window opens its breaker. */
export type Excess = 'consecutive-failures' | 'failure-rate' | 'slow-rate'

/** A time window is kept in so many parts: it forgets a call after 90 to 100 % of its length. */
const BUCKETS = 10

/** A window without a call. */
export function emptyWindow({ kind }: WindowOptions): Window {
  switch (kind) {
    case 'consecutive':
      return { kind, failures: 0 }
    case 'count':
      return { kind, calls: [] }
    case 'time':
      return { kind, buckets: [] }
  }
}

/** Whether a call of this length counts as slow: longer than the limit, not as long. */
export const isSlow = (options: WindowOptions, durationMs: number): boolean =>
  options.kind !== 'consecutive' && durationMs > (options.slowMs ?? Infinity)

/** The window with one more call, at `now` (monotonic ms). */
export function record(
  options: WindowOptions,
  window: Window,
  { isFailure, durationMs }: Recorded,
  now: number,
): Window {
  if (options.kind === 'consecutive') {
    const failures = window.kind === 'consecutive' ? window.failures : 0
    if (!isFailure && failures === 0 && window.kind === 'consecutive') return window
    return { kind: 'consecutive', failures: isFailure ? failures + 1 : 0 }
  }
  const slow = isSlow(options, durationMs) ? 1 : 0
  const call = { total: 1, failures: isFailure ? 1 : 0, slow }
  if (options.kind === 'count') {
    const calls = window.kind === 'count' ? window.calls : []
    return { kind: 'count', calls: [...calls, call].slice(-options.size) }
  }
  const index = bucketOf(options.windowMs, now)
  const live = liveBuckets(options.windowMs, window, now)
  const last = live.at(-1)
  if (last?.index !== index) return { kind: 'time', buckets: [...live, { index, ...call }] }
  return { kind: 'time', buckets: [...live.slice(0, -1), { index, ...sum([last, call]) }] }
}

/** Why the window opens its breaker at `now`; undefined while it does not. */
export function excess(options: WindowOptions, window: Window, now: number): Excess | undefined {
  if (options.kind === 'consecutive') {
    const failures = window.kind === 'consecutive' ? window.failures : 0
    return failures >= options.threshold ? 'consecutive-failures' : undefined
  }
  const tally = tallyOf(options, window, now)
  const least =
    options.kind === 'count' ? Math.min(options.minimumCalls, options.size) : options.minimumCalls
  return tally.total < least ? undefined : rateExcess(options, tally)
}

/** Why a finished sample is a bad one, by the thresholds of the rates. */
export function rateExcess(
  options: Exclude<WindowOptions, { kind: 'consecutive' }>,
  { total, failures, slow }: Tally,
): Excess | undefined {
  if (failures * 100 >= options.failureRatePct * total) return 'failure-rate'
  return slow * 100 >= (options.slowRatePct ?? Infinity) * total ? 'slow-rate' : undefined
}

/** What the window remembers at `now`: calls, failures and slow calls among them. */
export function tallyOf(options: WindowOptions, window: Window, now: number): Tally {
  switch (window.kind) {
    case 'consecutive':
      return { total: window.failures, failures: window.failures, slow: 0 }
    case 'count':
      return sum(window.calls)
    case 'time':
      return sum(options.kind === 'time' ? liveBuckets(options.windowMs, window, now) : [])
  }
}

const bucketOf = (windowMs: number, now: number): number => Math.floor((now * BUCKETS) / windowMs)

const liveBuckets = (windowMs: number, window: Window, now: number) =>
  window.kind === 'time'
    ? window.buckets.filter(({ index }) => index > bucketOf(windowMs, now) - BUCKETS)
    : []

function sum(tallies: readonly Tally[]): Tally {
  let [total, failures, slow] = [0, 0, 0]
  for (const each of tallies) {
    total += each.total
    failures += each.failures
    slow += each.slow
  }
  return { total, failures, slow }
}
