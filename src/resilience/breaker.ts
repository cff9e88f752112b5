import type { BreakerOptions } from './breaker-options.ts'
import { freeAt, hungAt, sampled } from './breaker-probe.ts'
import {
  closedBreaker,
  opened,
  probing,
  type Breaker,
  type BreakerIn,
  type Circumstances,
  type Permit,
} from './breaker-state.ts'
import { excess, record } from './window.ts'

/**
 * How a call ended. `ignored`: it proves neither health nor illness, and gives its permit back.
 * `denied`: its credentials were refused, as those of any other call would be. `rejected`: the venue
 * has answered and does not want what was asked: a good probe, and neither side of a rate.
 */
export type Outcome = 'success' | 'failure' | 'ignored' | 'denied' | 'rejected'

/** No leave for a call. */
export interface Refusal {
  /** When to ask again, ms from now; Infinity when only a person ends it. */
  readonly retryInMs: number
}

/** Permits without an outcome that a breaker remembers: the outcome of an older one is late. */
const MOST_OUT = 256

const CALM: Circumstances = {}

/** A closed breaker with these options. */
export const breaker = (options: BreakerOptions): Breaker => closedBreaker(options)

/** What time alone changes until `now` (monotonic ms): open → half-open, a hung probe → open. */
export function advanceTo(
  current: Breaker,
  now: number,
  circumstances: Circumstances = CALM,
): Breaker {
  switch (current.kind) {
    case 'open': {
      const dueAt = circumstances.isExitWaiting === true ? current.exitAt : current.until
      return now < dueAt ? current : probing(current, current, { at: now, cause: 'open-elapsed' })
    }
    case 'half-open': {
      const due = hungAt(current)
      if (now < due) return current
      // It reopens from when it was due, or a late call would lengthen the outage.
      const again = opened(current, { at: due, cause: 'probe-hung' }, circumstances)
      return advanceTo(again, now, circumstances)
    }
    case 'closed':
    case 'forced-open':
    case 'disabled':
    case 'metrics-only':
      return current
  }
}

/**
 * Asks for one call at `now` (monotonic ms). A refusal says when to ask again.
 *
 * @example
 * ```ts
 * import { acquire, breaker, breakerOptions, isPermit, settle, state } from 'watchkeeper/resilience'
 *
 * const options = breakerOptions.parse({ window: { kind: 'consecutive', threshold: 1 }, jitter: 0 })
 * const [asked, permit] = acquire(breaker(options), 0)
 * isPermit(permit) // => true
 * const after = isPermit(permit) ? settle(asked, permit, 'failure', 20) : asked
 * state(after, 20) // => 'open'
 * acquire(after, 20)[1] // => { retryInMs: options.openMs }
 * ```
 */
export function acquire(
  current: Breaker,
  now: number,
  circumstances: Circumstances = CALM,
): [Breaker, Permit | Refusal] {
  const seen = advanceTo(current, now, circumstances)
  switch (seen.kind) {
    case 'closed':
    case 'disabled':
    case 'metrics-only':
      return granted(seen, now)
    case 'half-open':
      if (freeAt(seen, circumstances) <= now) return granted(seen, now)
      return refused(seen, now, circumstances)
    case 'open':
    case 'forced-open':
      return refused(seen, now, circumstances)
  }
}

/** When a call may be let through, ms from `now` (monotonic ms); Infinity when only a person says. */
export function retryInMs(
  current: Breaker,
  now: number,
  circumstances: Circumstances = CALM,
): number {
  const seen = advanceTo(current, now, circumstances)
  switch (seen.kind) {
    case 'closed':
    case 'disabled':
    case 'metrics-only':
      return 0
    case 'half-open':
      return Math.max(0, Math.min(freeAt(seen, circumstances), hungAt(seen)) - now)
    case 'open':
      return (circumstances.isExitWaiting === true ? seen.exitAt : seen.until) - now
    case 'forced-open':
      return Infinity
  }
}

/** Whether the answer of `acquire` is a permit. */
export const isPermit = (answer: Permit | Refusal): answer is Permit => 'epoch' in answer

/** Takes the outcome of a call at `now` (monotonic ms). A late or second one changes nothing. */
export function settle(
  current: Breaker,
  permit: Permit,
  outcome: Outcome,
  now: number,
  circumstances: Circumstances = CALM,
): Breaker {
  if (permit.epoch !== current.epoch) return current
  const index = current.out.findIndex(({ id }) => id === permit.id)
  if (index === -1) return current
  const seen = advanceTo(current, now, circumstances)
  if (seen.epoch !== current.epoch) return seen
  const out = seen.out.length === 1 ? NONE_OUT : seen.out.toSpliced(index, 1)
  if (outcome === 'ignored') return { ...seen, out }
  if (outcome === 'denied') return denied({ ...seen, out }, now, circumstances)
  // A venue that is closed rejects for hours: its answer proves that it is there, and nothing more.
  if (outcome === 'rejected' && seen.kind !== 'half-open') return { ...seen, out }
  const call = { isFailure: outcome === 'failure', durationMs: now - seen.out[index]!.at }
  switch (seen.kind) {
    case 'closed': {
      const window = record(seen.options.window, seen.window, call, now)
      const next = closedWith(seen, { out, window })
      const cause = excess(seen.options.window, window, now)
      return cause === undefined ? next : opened(next, { at: now, cause }, circumstances)
    }
    case 'metrics-only':
      return { ...seen, out, window: record(seen.options.window, seen.window, call, now) }
    case 'half-open':
      return sampled({ ...seen, out }, call, now, circumstances)
    case 'disabled':
      return { ...seen, out }
    case 'open':
    case 'forced-open':
      return seen
  }
}

/** Whether calls are refused at `now` by an open breaker; one that probes is not open. */
export function isOpen(current: Breaker, now: number): boolean {
  const kind = state(current, now)
  return kind === 'open' || kind === 'forced-open'
}

/** The breaker's state at `now` (monotonic ms). */
export const state = (current: Breaker, now: number): Breaker['kind'] =>
  advanceTo(current, now).kind

/** Whether it is open at `now` (monotonic ms) because the venue has banned this client. */
export const isBannedAt = (current: Breaker, now: number): boolean => {
  const { kind, transitions } = advanceTo(current, now)
  return kind === 'open' && transitions.at(-1)?.cause === 'ban'
}

/** Counts a failure of a call that had no permit; an open breaker ignores it. */
export const recordFailure = (
  current: Breaker,
  now: number,
  circumstances: Circumstances = CALM,
): Breaker => recorded(current, 'failure', now, circumstances)

/** Counts a success of a call that had no permit; an open breaker ignores it. */
export const recordSuccess = (current: Breaker, now: number): Breaker =>
  recorded(current, 'success', now, CALM)

function recorded(
  current: Breaker,
  outcome: Outcome,
  now: number,
  circumstances: Circumstances,
): Breaker {
  const [next, answer] = acquire(current, now, circumstances)
  if (isPermit(answer)) return settle(next, answer, outcome, now, circumstances)
  return { ...next, refused: current.refused }
}

function granted(seen: Breaker, now: number): [Breaker, Permit] {
  const { epoch, nextId: id, out: before } = seen
  const permit = { epoch, id, at: now }
  const out =
    before.length === 0
      ? [permit]
      : [...(before.length < MOST_OUT ? before : before.slice(1)), permit]
  if (seen.kind === 'closed') return [closedWith(seen, { nextId: id + 1, out }), permit]
  return [{ ...seen, nextId: id + 1, out }, permit]
}

const NONE_OUT: readonly Permit[] = []

/**
 * A closed breaker with some fields changed. Every call makes two of them: written out field by
 * field they cost a third of what a spread costs.
 */
function closedWith(
  { options, epoch, nextId, out, refused: count, transitions, window }: BreakerIn<'closed'>,
  change: Partial<Pick<BreakerIn<'closed'>, 'nextId' | 'out' | 'window'>>,
): BreakerIn<'closed'> {
  return {
    options,
    epoch,
    nextId: change.nextId ?? nextId,
    out: change.out ?? out,
    refused: count,
    transitions,
    kind: 'closed',
    window: change.window ?? window,
  }
}

function refused(seen: Breaker, now: number, circumstances: Circumstances): [Breaker, Refusal] {
  const retry = { retryInMs: retryInMs(seen, now, circumstances) }
  return [{ ...seen, refused: seen.refused + 1 }, retry]
}

/** Credentials that are refused once are refused until something changes: no need to count. */
function denied(seen: Breaker, now: number, circumstances: Circumstances): Breaker {
  switch (seen.kind) {
    case 'closed':
    case 'half-open':
      return opened(seen, { at: now, cause: 'unauthorized' }, circumstances)
    case 'open':
    case 'forced-open':
    case 'disabled':
    case 'metrics-only':
      return seen
  }
}
