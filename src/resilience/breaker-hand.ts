import { z } from 'zod'
import type { BreakerOptions } from './breaker-options.ts'
import {
  banProbeMs,
  closedAgain,
  closedBreaker,
  moved,
  probing,
  type Ban,
  type Breaker,
  type Transition,
} from './breaker-state.ts'
import { advanceTo } from './breaker.ts'
import { emptyWindow } from './window.ts'

/**
 * Bans calls until `until` (monotonic ms), as a venue may ask; an exit probes now and then before.
 * Never shortens a running open, and leaves a breaker that a person has taken in hand as it is.
 */
export function openUntil(breaker: Breaker, until: number, now: number): Breaker {
  const seen = advanceTo(breaker, now)
  if (until <= now) return seen
  switch (seen.kind) {
    case 'closed':
      // The first open after the ban is still the first in a row.
      return banned(seen, { attempt: 0, ban: { until, count: 1 } }, now)
    case 'half-open': {
      const count = (seen.ban?.count ?? 0) + 1
      return banned(seen, { attempt: seen.attempt, ban: { until, count } }, now)
    }
    case 'open': {
      if (until <= seen.until) return seen
      const count = seen.ban?.count ?? 1
      return banned(seen, { attempt: seen.attempt, ban: { until, count } }, now)
    }
    case 'forced-open':
    case 'disabled':
    case 'metrics-only':
      return seen
  }
}

const banned = (
  breaker: Breaker,
  { attempt, ban }: { readonly attempt: number; readonly ban: Ban },
  now: number,
): Breaker => {
  const exitAt = Math.min(ban.until, now + banProbeMs(breaker.options, ban.count))
  const open = { kind: 'open', until: ban.until, exitAt, attempt, ban } as const
  return moved(breaker, open, { at: now, cause: 'ban' })
}

/** Lets an open breaker probe at once, as the venue may answer again; a ban only where that is over. */
export function probeNow(
  breaker: Breaker,
  when: Pick<Transition, 'at' | 'cause'>,
  { isBanOver }: { readonly isBanOver: boolean },
): Breaker {
  const seen = advanceTo(breaker, when.at)
  if (seen.kind !== 'open' || (seen.ban !== undefined && !isBanOver)) return seen
  return probing(seen, { attempt: seen.attempt, ban: undefined }, when)
}

/** Lets an open breaker probe as soon as an exit could, as the venue answers other calls. */
export function probeSooner(breaker: Breaker, now: number): Breaker {
  const seen = advanceTo(breaker, now)
  if (seen.kind !== 'open' || seen.ban !== undefined) return seen
  return advanceTo({ ...seen, until: seen.exitAt }, now)
}

/**
 * Closes a half-open breaker that no call has probed for as long as an open can last, as the venue
 * answers other calls: no order leaves while its market is closed. Credentials that were refused, and
 * a ban that runs, need a probe.
 */
export function closeUnprobed(breaker: Breaker, now: number): Breaker {
  const seen = advanceTo(breaker, now)
  if (seen.kind !== 'half-open' || seen.out.length + seen.good + seen.failed > 0) return seen
  const { transitions, options, ban } = seen
  const isDenied = transitions.findLast(({ to }) => to === 'open')?.cause === 'unauthorized'
  const isBanned = ban !== undefined && now < ban.until
  if (isDenied || isBanned || now - transitions.at(-1)!.at < options.maxOpenMs) return seen
  return closedAgain(seen, { at: now, cause: 'answered-elsewhere' })
}

/** Refuses every call until a person resets the breaker. */
export const forceOpen = (breaker: Breaker, now: number): Breaker =>
  breaker.kind === 'forced-open'
    ? breaker
    : moved(breaker, { kind: 'forced-open' }, { at: now, cause: 'by-hand' })

/** Lets every call through and records nothing, until a person resets the breaker. */
export const disable = (breaker: Breaker, now: number): Breaker =>
  breaker.kind === 'disabled'
    ? breaker
    : moved(breaker, { kind: 'disabled' }, { at: now, cause: 'by-hand' })

/** Records and never opens, until a person resets the breaker. */
export function metricsOnly(breaker: Breaker, now: number): Breaker {
  if (breaker.kind === 'metrics-only') return breaker
  const window = emptyWindow(breaker.options.window)
  return moved(breaker, { kind: 'metrics-only', window }, { at: now, cause: 'by-hand' })
}

/**
 * Closes the breaker whatever it was, with an empty window, no growth and no refusals. Of one that is
 * closed that is no transition; calls under way then prove nothing either.
 */
export function reset(breaker: Breaker, now: number): Breaker {
  const afresh: Breaker = { ...breaker, refused: 0 }
  if (afresh.kind !== 'closed') return closedAgain(afresh, { at: now, cause: 'by-hand' })
  return { ...afresh, out: [], window: emptyWindow(afresh.options.window) }
}

/** What a store keeps of a breaker; durations, as monotonic times end with their process. */
export const breakerSnapshot = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.enum(['closed', 'forced-open', 'disabled', 'metrics-only']),
    epoch: z.int().nonnegative(),
  }),
  z.strictObject({
    kind: z.enum(['open', 'half-open']),
    epoch: z.int().nonnegative(),
    /** What is left of the open, ms; 0 when half-open. */
    remainingMs: z.number().nonnegative(),
    attempt: z.int().nonnegative(),
    /** Bans in a row; absent: it is open for failures. */
    bans: z.int().positive().exactOptional(),
  }),
])

/** A stored breaker; see `breakerSnapshot`. */
export type BreakerSnapshot = Readonly<z.infer<typeof breakerSnapshot>>

/** What to keep of the breaker at `now` (monotonic ms). Windows and permits are not kept. */
export function snapshot(breaker: Breaker, now: number): BreakerSnapshot {
  const seen = advanceTo(breaker, now)
  const { kind, epoch } = seen
  switch (kind) {
    case 'open': {
      const { attempt, ban } = seen
      return { kind, epoch, remainingMs: seen.until - now, attempt, ...bansOf(ban) }
    }
    case 'half-open': {
      const { attempt, ban } = seen
      const remainingMs = Math.max(0, (ban?.until ?? now) - now)
      return { kind, epoch, remainingMs, attempt, ...(remainingMs > 0 && bansOf(ban)) }
    }
    case 'closed':
    case 'forced-open':
    case 'disabled':
    case 'metrics-only':
      return { kind, epoch }
  }
}

const bansOf = (ban: Ban | undefined) => (ban === undefined ? {} : { bans: ban.count })

/** The same snapshot `elapsedMs` later; an open may be due for a probe then, and is never closed. */
export const agedBreaker = (kept: BreakerSnapshot, elapsedMs: number): BreakerSnapshot =>
  kept.kind === 'open' || kept.kind === 'half-open'
    ? { ...kept, remainingMs: Math.max(0, kept.remainingMs - elapsedMs) }
    : kept

/** The breaker of a snapshot at `now` (monotonic ms of this process), in a new epoch. */
export function restore(options: BreakerOptions, kept: BreakerSnapshot, now: number): Breaker {
  const before = { ...closedBreaker(options), epoch: kept.epoch }
  const when = { at: now, cause: 'restored' } as const
  switch (kept.kind) {
    case 'open':
    case 'half-open': {
      const { remainingMs, attempt, bans: count } = kept
      const until = now + remainingMs
      const ban = count === undefined || remainingMs === 0 ? undefined : { until, count }
      if (kept.kind === 'half-open') return probing(before, { attempt, ban }, when)
      const exitMs = ban === undefined ? options.exitMaxOpenMs : banProbeMs(options, ban.count)
      const exitAt = Math.min(until, now + exitMs)
      return moved(before, { kind: 'open', until, exitAt, attempt, ban }, when)
    }
    case 'closed':
      return closedAgain(before, when)
    case 'metrics-only':
      return moved(before, { kind: kept.kind, window: emptyWindow(options.window) }, when)
    case 'forced-open':
    case 'disabled':
      return moved(before, { kind: kept.kind }, when)
  }
}
