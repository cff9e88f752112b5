import { z } from 'zod'
import { backoffOptions } from './backoff.ts'
import { positiveMs } from './options.ts'

/** Most restarts that a window may allow: a history holds as many times and one more. */
const MOST_RESTARTS = 1000

const intensity = {
  /** More restarts than this within `withinMs` give up. */
  maxRestarts: z.int().min(0).max(MOST_RESTARTS),
  /** The window, ms; its edge is inside. */
  withinMs: positiveMs.default(60_000),
  backoff: backoffOptions.prefault({}),
}

/** Options of the section `supervision`: a policy per kind of actor, and what holds for the fleet. */
export const supervisionOptions = z.strictObject({
  monitor: z
    .strictObject({
      ...intensity,
      maxRestarts: intensity.maxRestarts.default(5),
      onGiveUp: z.enum(['quarantine', 'exit-position', 'shutdown']).default('quarantine'),
    })
    .prefault({}),
  gateway: z
    .strictObject({
      ...intensity,
      maxRestarts: intensity.maxRestarts.default(10),
      /** Without a gateway no exit leaves: nothing gentler is possible. */
      onGiveUp: z.literal('shutdown').default('shutdown'),
    })
    .prefault({}),
  fleet: z
    .strictObject({
      /** Paces the restarts of all children together; kills nobody. */
      restartsPerSecond: z.number().positive().max(100_000).default(500),
    })
    .prefault({}),
  giveUpExits: z
    .strictObject({
      /** Positions that may be exited by give-up within `withinMs`; the rest are quarantined. */
      max: z.int().min(1).max(MOST_RESTARTS).default(3),
      withinMs: positiveMs.default(60_000),
    })
    .prefault({}),
})

/** How many restarts one child may have. */
export interface RestartPolicy {
  readonly maxRestarts: number
  readonly withinMs: number
}

/** Times of a child's restarts, or of the fleet's give-ups, monotonic ms, oldest first. */
export type RestartHistory = readonly number[]

const within = (history: RestartHistory, withinMs: number, now: number): number[] =>
  history.filter(at => now - at <= withinMs)

/** How many restarts of the history are within the window that ends at `now`, its edge included. */
export const restartsWithin = (
  policy: RestartPolicy,
  history: RestartHistory,
  now: number,
): number => within(history, policy.withinMs, now).length

/**
 * Counts one restart at `now` (monotonic ms), or one start that failed, and says what to do. The
 * history keeps at most `maxRestarts` + 1 times.
 */
export function recordRestart(
  policy: RestartPolicy,
  history: RestartHistory,
  now: number,
): [RestartHistory, 'restart' | 'give-up'] {
  const { maxRestarts, withinMs } = policy
  const next = [...within(history, withinMs, now), now].slice(-(maxRestarts + 1))
  return [next, next.length > maxRestarts ? 'give-up' : 'restart']
}

/**
 * Counts one give-up of a child that `exit-position` holds for. Every give-up counts, exited or
 * not: while a common cause lasts, nobody more is flattened for it.
 */
export function recordGiveUp(
  policy: { readonly max: number; readonly withinMs: number },
  history: RestartHistory,
  now: number,
): [RestartHistory, 'exit-position' | 'quarantine'] {
  const recent = within(history, policy.withinMs, now)
  const next = [...recent, now].slice(-policy.max)
  return [next, recent.length < policy.max ? 'exit-position' : 'quarantine']
}

/** A fleet that restarts at its limit for this long has a common cause, ms. */
const COMMON_CAUSE_MS = 5_000

/** Where the fleet's queue of restarts ends; times are monotonic ms. */
export interface FleetPace {
  /** The next restart may be here, not before. */
  readonly nextAt: number
  /** Since when the fleet restarts at its limit without a gap. */
  readonly busySince: number
  /** Whether this stretch was told of. */
  readonly isTold: boolean
}

/** The pace of a fleet that has never restarted anybody. */
export const freshPace: FleetPace = { nextAt: -Infinity, busySince: -Infinity, isTold: false }

/**
 * Gives one restart that is due at `now` its place: wait `delayMs`. `isCommonCause` is true once in
 * a stretch of restarts that takes 5 s or longer at the limit.
 */
export function paceRestart(
  { restartsPerSecond }: { readonly restartsPerSecond: number },
  pace: FleetPace,
  now: number,
): [FleetPace, { readonly delayMs: number; readonly isCommonCause: boolean }] {
  const isBusy = pace.nextAt > now
  const at = isBusy ? pace.nextAt : now
  const busySince = isBusy ? pace.busySince : now
  const nextAt = at + 1000 / restartsPerSecond
  const wasTold = isBusy && pace.isTold
  // A single restart at a slow limit is no stretch.
  const isCommonCause = isBusy && !wasTold && nextAt - busySince >= COMMON_CAUSE_MS
  const next = { nextAt, busySince, isTold: wasTold || isCommonCause }
  return [next, { delayMs: at - now, isCommonCause }]
}
