import { z } from 'zod'
import { backoffOptions } from './backoff.ts'
import { positiveMs } from './options.ts'

/** Most restarts that a window may allow: a history holds as many times and one more. */
const MOST_RESTARTS = 1000

/** Restart intensity as in OTP: more than `maxRestarts` within `withinMs` give the actor up. */
const intensity = (maxRestarts: number) => ({
  maxRestarts: z
    .int()
    .min(0)
    .max(MOST_RESTARTS)
    .default(maxRestarts)
    .meta({ unit: 'restarts', description: 'More restarts within `withinMs` give the actor up.' }),
  withinMs: positiveMs
    .default(60_000)
    .meta({ unit: 'ms', description: 'Window in which restarts are counted, its edge included.' }),
  backoff: backoffOptions.prefault({}).describe('Delays between the restarts of one actor.'),
})

/** Policy of an actor without which nothing leaves, or nothing is limited. */
export const indispensable = (description: string) =>
  z
    .strictObject({
      ...intensity(10),
      onGiveUp: z
        .literal('shutdown')
        .default('shutdown')
        .describe('The service ends in order when the actor is given up; nothing gentler is safe.'),
    })
    .prefault({})
    .describe(description)

/** Options of the section `supervision`: a policy per kind of actor, and what holds for the fleet. */
export const supervisionOptions = z.strictObject({
  monitor: z
    .strictObject({
      ...intensity(5),
      onGiveUp: z
        .enum(['quarantine', 'exit-position', 'shutdown'])
        .default('quarantine')
        .describe(
          '`quarantine`: the last levels stay armed; `exit-position`: exits at market; `shutdown`: ends the service.',
        ),
    })
    .prefault({})
    .describe('The monitor of each position.'),
  gateway: indispensable('The gateway, which sends exits.'),
  fleet: z
    .strictObject({
      restartsPerSecond: z
        .number()
        .positive()
        .max(100_000)
        .default(500)
        .meta({ unit: 'restarts/s', description: 'Pace of the restarts; the others wait.' }),
    })
    .prefault({})
    .describe('All actors together.'),
  giveUpExits: z
    .strictObject({
      max: z.int().min(1).max(MOST_RESTARTS).default(3).meta({
        unit: 'positions',
        description: 'Positions exited by give-up within `withinMs`; the rest are quarantined.',
      }),
      withinMs: positiveMs
        .default(60_000)
        .meta({ unit: 'ms', description: 'Window in which those exits are counted.' }),
    })
    .prefault({})
    .describe('Bound on `monitor.onGiveUp: exit-position` across all positions.'),
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
 * not: while a common cause lasts, no further position is exited for it.
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
  /** Whether this stretch has been reported. */
  readonly isReported: boolean
}

/** The pace of a fleet that has never restarted an actor. */
export const freshPace: FleetPace = { nextAt: -Infinity, busySince: -Infinity, isReported: false }

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
  const wasReported = isBusy && pace.isReported
  // A single restart at a slow limit is no stretch.
  const isCommonCause = isBusy && !wasReported && nextAt - busySince >= COMMON_CAUSE_MS
  const next = { nextAt, busySince, isReported: wasReported || isCommonCause }
  return [next, { delayMs: at - now, isCommonCause }]
}
