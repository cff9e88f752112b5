import type { PositionId } from '../domain/ids.ts'
import type { TradingHours } from '../domain/instrument.ts'
import type { UnguardedCause } from '../domain/unguarded.ts'

/** The unguarded time of one position since its first sweep. */
export interface Seen {
  readonly id: PositionId
  readonly hours: TradingHours | undefined
  /** Time without a guard so far, ms. */
  ms: number
  cause: UnguardedCause | undefined
  /** Monotonic ms since which it has this cause without a break. */
  since: number
  /** Time that its monitors have been down, as of the last sweep, ms. */
  downMs: number
  /** Number of the last sweep; 0 before the first. */
  sweep: number
}

/** The finding of a sweep about a position, and the time since the sweep before. */
export interface Passed extends Pick<Seen, 'cause' | 'downMs'> {
  /** Monotonic ms. */
  readonly at: number
  readonly passedMs: number
}

/** Counts for how long each position has been unguarded, and for which cause (P5). */
export class UnguardedTime {
  /** Summed over all positions, by cause, ms. */
  readonly totals = new Map<UnguardedCause, number>()
  private readonly seen = new Map<PositionId, Seen>()

  /** All unguarded time in this process, ms. */
  get totalMs(): number {
    let sum = 0
    for (const ms of this.totals.values()) sum += ms
    return sum
  }

  /** Positions that are known. */
  get size(): number {
    return this.seen.size
  }

  of(id: PositionId): Seen | undefined {
    return this.seen.get(id)
  }

  /** Begins to count for a position that no sweep has seen. */
  begin(id: PositionId, hours: TradingHours | undefined): Seen {
    const seen = { id, hours, ms: 0, cause: undefined, since: 0, downMs: 0, sweep: 0 }
    this.seen.set(id, seen)
    return seen
  }

  /**
   * Adds the time between two sweeps. A position that was unguarded at either end counts for all of it; restart
   * backoffs of monitors count to the millisecond.
   */
  passed(seen: Seen, { cause, at, passedMs, downMs }: Passed): void {
    const worst = cause ?? seen.cause
    // The time before its first sweep is not known.
    if (seen.sweep > 0) {
      const waitedMs = Math.max(0, Math.min(passedMs, downMs - seen.downMs))
      if (worst !== undefined) this.add(seen, worst, passedMs)
      else if (waitedMs > 0) this.add(seen, 'monitor', waitedMs)
    }
    if (seen.cause === undefined) seen.since = at
    seen.cause = cause
    seen.downMs = downMs
  }

  add(seen: Seen, cause: UnguardedCause, ms: number): void {
    seen.ms += ms
    this.totals.set(cause, (this.totals.get(cause) ?? 0) + ms)
  }

  /** Forgets the positions that this sweep has not seen. */
  forgetUnseen(sweep: number): void {
    for (const [id, seen] of this.seen) if (seen.sweep !== sweep) this.seen.delete(id)
  }
}
