import { z } from 'zod'
import type { BreakerOptions } from './breaker-options.ts'
import { type Breaker, closedAgain, closedBreaker, moved, probing } from './breaker-state.ts'
import { look } from './breaker.ts'
import { emptyWindow } from './window.ts'

/**
 * Bans calls until `until` (monotonic ms), as a venue may ask. Never shortens a running open, and
 * leaves a breaker that a person has taken in hand as it is.
 */
export function openUntil(breaker: Breaker, until: number, now: number): Breaker {
  const seen = look(breaker, now)
  const when = { at: now, cause: 'ban' } as const
  if (until <= now) return seen
  switch (seen.kind) {
    case 'closed':
      // The first open after the ban is still the first in a row.
      return moved(seen, { kind: 'open', until, attempt: 0 }, when)
    case 'half-open':
      return moved(seen, { kind: 'open', until, attempt: seen.attempt }, when)
    case 'open':
      if (until <= seen.until) return seen
      return moved(seen, { kind: 'open', until, attempt: seen.attempt }, when)
    case 'forced-open':
    case 'disabled':
    case 'metrics-only':
      return seen
  }
}

/** Refuses every call until a person resets the breaker. */
export const forceOpen = (breaker: Breaker, now: number): Breaker =>
  moved(breaker, { kind: 'forced-open' }, { at: now, cause: 'by-hand' })

/** Lets every call through and records nothing, until a person resets the breaker. */
export const disable = (breaker: Breaker, now: number): Breaker =>
  moved(breaker, { kind: 'disabled' }, { at: now, cause: 'by-hand' })

/** Records and never opens, until a person resets the breaker. */
export function metricsOnly(breaker: Breaker, now: number): Breaker {
  const window = emptyWindow(breaker.options.window)
  return moved(breaker, { kind: 'metrics-only', window }, { at: now, cause: 'by-hand' })
}

/** Closes the breaker whatever it was, with an empty window and no growth. */
export const reset = (breaker: Breaker, now: number): Breaker =>
  closedAgain(breaker, { at: now, cause: 'by-hand' })

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
  }),
])

export type BreakerSnapshot = Readonly<z.infer<typeof breakerSnapshot>>

/** What to keep of the breaker at `now` (monotonic ms). Windows and permits are not kept. */
export function snapshot(breaker: Breaker, now: number): BreakerSnapshot {
  const seen = look(breaker, now)
  const { kind, epoch } = seen
  switch (kind) {
    case 'open':
      return { kind, epoch, remainingMs: seen.until - now, attempt: seen.attempt }
    case 'half-open':
      return { kind, epoch, remainingMs: 0, attempt: seen.attempt }
    case 'closed':
    case 'forced-open':
    case 'disabled':
    case 'metrics-only':
      return { kind, epoch }
  }
}

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
    case 'open': {
      const { remainingMs, attempt } = kept
      return moved(before, { kind: 'open', until: now + remainingMs, attempt }, when)
    }
    case 'half-open':
      return probing(before, kept.attempt, when)
    case 'closed':
      return closedAgain(before, when)
    case 'metrics-only':
      return moved(before, { kind: kept.kind, window: emptyWindow(options.window) }, when)
    case 'forced-open':
    case 'disabled':
      return moved(before, { kind: kept.kind }, when)
  }
}
