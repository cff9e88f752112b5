import { grownMs } from './backoff.ts'
import type { BreakerOptions } from './breaker-options.ts'
import { emptyWindow, type Excess, type Window } from './window.ts'

/** Leave for one call. Its outcome counts only in the epoch that gave it, and once. */
export interface Permit {
  readonly epoch: number
  readonly id: number
  /** When it was given, monotonic ms. */
  readonly at: number
}

/** Why a breaker changed. */
export type Cause =
  | Excess
  | 'probe-failed'
  | 'probe-slow'
  | 'probe-hung'
  | 'sample-good'
  | 'open-elapsed'
  /** The venue has answered calls of another group: it is there again. */
  | 'answered-elsewhere'
  /** Other credentials than those that were refused are there. */
  | 'new-credentials'
  | 'unauthorized'
  | 'ban'
  | 'by-hand'
  | 'restored'

/** One change of a breaker, at monotonic ms. */
export interface Transition {
  readonly from: Breaker['kind']
  readonly to: Breaker['kind']
  readonly at: number
  readonly cause: Cause
}

interface Common {
  readonly options: BreakerOptions
  /** Rises with every transition. */
  readonly epoch: number
  readonly nextId: number
  /** Permits of this epoch without an outcome, oldest first. */
  readonly out: readonly Permit[]
  /** Calls refused so far; they enter no rate. */
  readonly refused: number
  /** The last transitions, oldest first. */
  readonly transitions: readonly Transition[]
}

/** A time that the venue has named, before which it wants no calls. */
export interface Ban {
  /** Monotonic ms. */
  readonly until: number
  /** How often in a row the venue has banned; a probe that it refuses again makes one more. */
  readonly count: number
}

/** What each state has of its own. */
type Own =
  | { readonly kind: 'closed'; readonly window: Window }
  | {
      readonly kind: 'open'
      readonly until: number
      /** When one exit may probe, monotonic ms; not later than `until`. */
      readonly exitAt: number
      readonly attempt: number
      readonly ban: Ban | undefined
    }
  | {
      readonly kind: 'half-open'
      readonly attempt: number
      /** Until it ends, only exits probe. */
      readonly ban: Ban | undefined
      readonly good: number
      readonly failed: number
      readonly slow: number
    }
  | { readonly kind: 'forced-open' }
  | { readonly kind: 'disabled' }
  | { readonly kind: 'metrics-only'; readonly window: Window }

/** A circuit breaker: a value. Times in it are monotonic ms. */
export type Breaker = Common & Own

/** A breaker in one of its states. */
export type BreakerIn<Kind extends Breaker['kind']> = Extract<Breaker, { readonly kind: Kind }>

/** What a new open depends on besides the breaker. */
export interface Circumstances {
  /** A random number in [0, 1) for the jitter; 0.5 means none. */
  readonly random?: number
  /**
   * An exit waits for this breaker: it opens for `exitOpenMs` first, and an exit probes an open one
   * that is only due later for other calls.
   */
  readonly isExitWaiting?: boolean
}

/** How many transitions a breaker remembers. */
export const TRANSITIONS_KEPT = 100

/** A closed breaker that has seen nothing. */
export const closedBreaker = (options: BreakerOptions): BreakerIn<'closed'> => ({
  options,
  epoch: 0,
  nextId: 0,
  out: [],
  refused: 0,
  transitions: [],
  kind: 'closed',
  window: emptyWindow(options.window),
})

/** The breaker in another state: a new epoch, to which no permit belongs. */
export function moved<To extends Own>(
  breaker: Breaker,
  to: To,
  { at, cause }: Pick<Transition, 'at' | 'cause'>,
): Common & To {
  const { options, epoch, nextId, refused, transitions } = breaker
  const transition = { from: breaker.kind, to: to.kind, at, cause }
  return {
    options,
    epoch: epoch + 1,
    nextId,
    out: [],
    refused,
    transitions: [...transitions, transition].slice(-TRANSITIONS_KEPT),
    ...to,
  }
}

/** Opens the breaker once more in a row, from `when.at` on. A ban that runs is not shortened. */
export function opened(
  breaker: BreakerIn<'closed' | 'half-open'>,
  when: Pick<Transition, 'at' | 'cause'>,
  circumstances: Circumstances,
): BreakerIn<'open'> {
  const { random = 0.5, isExitWaiting = false } = circumstances
  const { openMs, exitOpenMs, factor, maxOpenMs: maxMs, jitter } = breaker.options
  const attempt = breaker.kind === 'half-open' ? breaker.attempt + 1 : 1
  const ban = breaker.kind === 'half-open' ? breaker.ban : undefined
  const isDenied = when.cause === 'unauthorized'
  // What credentials are refused for is known at once, and may be mended at once.
  const initialMs = isExitWaiting || isDenied ? exitOpenMs : openMs
  const lengthMs = grownMs({ initialMs, factor, maxMs, jitter }, attempt, random)
  const until = Math.max(when.at + lengthMs, ban?.until ?? -Infinity)
  const { exitMaxOpenMs, exitProbeMs } = breaker.options
  const exitMs =
    ban === undefined
      ? grownMs(
          {
            initialMs: exitOpenMs,
            factor,
            maxMs: isDenied ? Math.max(exitProbeMs, exitOpenMs) : exitMaxOpenMs,
            jitter,
          },
          attempt,
          random,
        )
      : banProbeMs(breaker.options, ban.count)
  const exitAt = Math.min(until, when.at + exitMs)
  return moved(breaker, { kind: 'open', until, exitAt, attempt, ban }, when)
}

/** Time within a ban after which an exit asks again, ms: longer with each ban in a row. */
export const banProbeMs = (
  { exitProbeMs, factor, maxOpenMs }: BreakerOptions,
  count: number,
): number => {
  const maxMs = Math.max(exitProbeMs, maxOpenMs)
  return grownMs({ initialMs: exitProbeMs, factor, maxMs, jitter: 0 }, count, 0.5)
}

/** A half-open breaker whose sample is empty. */
export const probing = (
  breaker: Breaker,
  { attempt, ban }: Pick<BreakerIn<'half-open'>, 'attempt' | 'ban'>,
  when: Pick<Transition, 'at' | 'cause'>,
): BreakerIn<'half-open'> =>
  moved(breaker, { kind: 'half-open', attempt, ban, good: 0, failed: 0, slow: 0 }, when)

/** A closed breaker with an empty window and no growth. */
export const closedAgain = (
  breaker: Breaker,
  when: Pick<Transition, 'at' | 'cause'>,
): BreakerIn<'closed'> =>
  moved(breaker, { kind: 'closed', window: emptyWindow(breaker.options.window) }, when)
