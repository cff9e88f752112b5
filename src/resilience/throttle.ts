import { z } from 'zod'
import { ceiling, ceilingWaitMs, countCall, evenMs, USED_SHARE, type Ceiling } from './ceiling.ts'
import { notBelow } from './options.ts'

const FLOOR = 0.1
const HOLD_MS = 8_000
const CUTS_KEPT = 10

const pace = {
  maxRate: z
    .number()
    .min(FLOOR)
    .default(50)
    .meta({ unit: 'calls/s', description: 'Highest rate.' }),
  startRate: z.number().min(FLOOR).default(2).meta({
    unit: 'calls/s',
    description: 'Rate at the first start; later ones resume the rate that was found.',
  }),
}

/** What the configuration decides of every throttle. */
export const paceOptions = z.strictObject(pace).superRefine(...notBelow('maxRate', 'startRate'))

const horizon = z.int().positive().optional()

/** Options of one throttle; rates are calls a second, published limits are calls a horizon. */
export const throttleOptions = z
  .strictObject({
    ...pace,
    perSecond: horizon,
    perMinute: horizon,
    perHour: horizon,
    perDay: horizon,
  })
  .superRefine(...notBelow('maxRate', 'startRate'))

/** Options of one throttle with their defaults filled in. */
export type ThrottleOptions = z.output<typeof throttleOptions>

/** What the process suffers from: it slows polls, never exits. */
export interface Load {
  readonly averageCycleMs: number
  readonly loopDelayMs: number
  /** Share of the calls of the last 60 s that failed, 0 to 1; a refusal by rate is no failure. */
  readonly failureShare: number
}

/** One lowering of the rate, in calls a second. */
export interface Cut {
  readonly at: number
  readonly from: number
  readonly to: number
  readonly reason: 'probe' | 'measured' | 'too-few-samples'
}

/** State of one throttle: plain data, so that a copy of it is its snapshot. Times are monotonic ms. */
export interface Throttle {
  readonly options: ThrottleOptions
  readonly ceilings: readonly Ceiling[]
  readonly rate: number
  readonly tokens: number
  readonly at: number
  readonly holdUntil: number
  readonly admittedSinceCut: number
  /** Until then demand counts as not met. */
  readonly hungryUntil: number
  readonly pollsGatedUntil: number
  readonly exitsGatedUntil: number
  readonly isFrozen: boolean
  /** The rate to return to after a breaker closed; null when not recovering. */
  readonly recoverTo: number | null
  readonly cuts: readonly Cut[]
}

/** Whether a call may go; a refusal says when to ask again. */
export type Admission =
  | { readonly kind: 'admitted'; readonly sentAt: number }
  | { readonly kind: 'refused'; readonly retryInMs: number }

/** A throttle with one token at `now`, under the published limits of its options. */
export function throttle(options: ThrottleOptions, now: number): Throttle {
  const { perSecond, perMinute, perHour, perDay } = options
  const ceilings: Ceiling[] = []
  if (perSecond !== undefined) ceilings.push(ceiling(perSecond, 1_000))
  if (perMinute !== undefined) ceilings.push(ceiling(perMinute, 60_000))
  if (perHour !== undefined) ceilings.push(ceiling(perHour, 3_600_000))
  if (perDay !== undefined) ceilings.push(ceiling(perDay, 86_400_000))
  const gates = { holdUntil: now, hungryUntil: now, pollsGatedUntil: now, exitsGatedUntil: now }
  const counts = { tokens: 1, at: now, admittedSinceCut: 0, cuts: [] }
  const state = { options, ceilings, ...gates, ...counts, isFrozen: false, recoverTo: null }
  return { ...state, rate: boundedRate(options, options.startRate) }
}

/** A rate in calls a second within what the options allow. */
export const boundedRate = (options: ThrottleOptions, rate: number): number =>
  Math.min(options.maxRate, (options.perSecond ?? Infinity) * USED_SHARE, Math.max(FLOOR, rate))

/** The interval between polls in ms, as it is at present; `load` stretches it. */
export function calculateAdaptiveThrottle(state: Throttle, load: Load): number {
  const base = 1_000 / state.rate
  const slow = load.averageCycleMs > 500 ? 1.5 : 1
  const longest = Math.max(base, ...state.ceilings.map(evenMs))
  return longest * (load.failureShare > 0.2 ? 1.5 : 1) * slow * (load.loopDelayMs > 100 ? 1.5 : 1)
}

/** Asks for one call at `now`. Callers ask for others only while no exit is ready. */
export function admit(
  state: Throttle,
  kind: 'exit' | 'other',
  load: Load,
  now: number,
): [Throttle, Admission] {
  const seen = advanceTo(state, now)
  const gate = (kind === 'exit' ? seen.exitsGatedUntil : seen.pollsGatedUntil) - seen.at
  const caps = seen.ceilings.map(each => ceilingWaitMs(each, kind, seen.at))
  const mayOverdraw = kind === 'exit' && seen.ceilings.length > 0 && seen.at >= seen.holdUntil
  const overdraw = mayOverdraw ? seen.rate / 2 : 0
  const lack = Math.ceil(((1 - overdraw - seen.tokens - 1e-9) / seen.rate) * 1_000)
  const retryInMs = Math.max(0, gate, lack, ...caps)
  if (retryInMs > 0) {
    const hungryUntil = lack > 0 && lack >= gate ? seen.at + 1_000 : seen.hungryUntil
    return [
      { ...seen, hungryUntil },
      { kind: 'refused', retryInMs },
    ]
  }
  const next = {
    ...seen,
    tokens: seen.tokens - 1,
    pollsGatedUntil: pollGate(seen, load),
    admittedSinceCut: seen.admittedSinceCut + 1,
    ceilings: seen.ceilings.map(each => countCall(each, seen.at)),
  }
  return [next, { kind: 'admitted', sentAt: seen.at }]
}

/** Until when the next poll is held back where load stretches the interval; exits are not. */
function pollGate(state: Throttle, load: Load): number {
  const intervalMs = calculateAdaptiveThrottle(state, load)
  const isStretched = intervalMs > 1_000 / state.rate
  return Math.max(state.pollsGatedUntil, isStretched ? state.at + intervalMs : 0)
}

/** What time alone changes: tokens, and the rate while it may grow. A clock going back is held. */
function advanceTo(state: Throttle, now: number): Throttle {
  const at = Math.max(state.at, now)
  const seconds = (at - state.at) / 1_000
  const rate = grown(state, at)
  const recoverTo = state.recoverTo !== null && rate < state.recoverTo ? state.recoverTo : null
  return { ...state, at, rate, recoverTo, tokens: Math.min(1, state.tokens + rate * seconds) }
}

function grown(state: Throttle, at: number): number {
  if (state.isFrozen) return state.rate
  if (state.recoverTo !== null) {
    return Math.min(state.recoverTo, state.rate * 2.25 ** ((at - state.at) / 1_000))
  }
  const from = Math.max(state.at, state.holdUntil)
  const seconds = (Math.min(at, state.hungryUntil) - from) / 1_000
  if (seconds <= 0) return state.rate
  if (state.cuts.length === 0) return boundedRate(state.options, state.rate * 1.5 ** seconds)
  const clean = (from - state.holdUntil) / 1_000
  const growth = Math.min(0.5, 0.015 * 2 ** (clean / 3))
  return boundedRate(state.options, state.rate * Math.exp(growth * seconds))
}

/**
 * A call was refused with 429; `retryAfterMs` is 0 where the broker names no time. It holds back polls:
 * an exit waits for the waits that exits are given alone.
 */
export function rateLimited(
  state: Throttle,
  call: { readonly sentAt: number },
  retryAfterMs: number,
  now: number,
): Throttle {
  const seen = advanceTo(state, now)
  const until = seen.at + retryAfterMs
  const gated = {
    ...seen,
    pollsGatedUntil: Math.max(seen.pollsGatedUntil, retryAfterMs >= 2_000 ? until : 0),
  }
  const last = seen.cuts.at(-1)
  const isLate = last !== undefined && call.sentAt <= last.at
  if (isLate) return gated
  const cut = cutOf(seen)
  const cuts = [...seen.cuts, cut].slice(-CUTS_KEPT)
  const holdUntil = seen.at + HOLD_MS
  // The venue has just said that it has none left.
  const tokens = Math.min(0, seen.tokens)
  return { ...gated, rate: cut.to, recoverTo: null, cuts, holdUntil, admittedSinceCut: 0, tokens }
}

function cutOf({ cuts, rate: from, at, admittedSinceCut, options }: Throttle): Cut {
  const last = cuts.at(-1)
  const elapsed = last === undefined ? Infinity : (at - last.at) / 1_000
  const to = (rate: number, reason: Cut['reason']): Cut => {
    return { at, from, to: boundedRate(options, rate), reason }
  }
  if (elapsed >= Math.max(4, 4 / from)) return to(0.9 * from, 'probe')
  if (admittedSinceCut < 2 || elapsed < 0.5) return to(0.7 * from, 'too-few-samples')
  const measured = (0.96 * admittedSinceCut) / elapsed
  return to(Math.min(0.95 * from, Math.max(0.3 * from, measured)), 'measured')
}

/** The venue reports that a limit is nearly used up for `forMs` more: polls wait, exits do not. */
export function pollsHeld(state: Throttle, forMs: number, now: number): Throttle {
  const seen = advanceTo(state, now)
  return { ...seen, pollsGatedUntil: Math.max(seen.pollsGatedUntil, seen.at + forMs) }
}

/** The breaker opened: the rate stays as it is until it closes. */
export const breakerOpened = (state: Throttle, now: number): Throttle => ({
  ...advanceTo(state, now),
  isFrozen: true,
})

/** The breaker closed: half the rate, then back to the old one within about a second. */
export function breakerClosed(state: Throttle, now: number): Throttle {
  if (!state.isFrozen) return state
  const seen = advanceTo(state, now)
  const recoverTo = seen.recoverTo ?? seen.rate
  const holdUntil = Math.max(seen.holdUntil, seen.at)
  return {
    ...seen,
    isFrozen: false,
    rate: boundedRate(seen.options, seen.rate / 2),
    recoverTo,
    holdUntil,
  }
}
