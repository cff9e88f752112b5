import type { Clock } from '../ports/clock.ts'

/** Difference between the two clocks' progress from which the wall clock is said to have moved, ms. */
const NOTABLE_MS = 2_000
const MOST_REMEMBERED = 200

/** Notices when the wall clock moves against the monotonic one: a person or a time server set it. */
export class ClockWatch {
  /** Jumps so far. */
  jumps = 0
  private readonly clock: Clock
  private offset: number
  /** Monotonic time of the last jumps, oldest first. */
  private readonly jumpedAt: number[] = []

  constructor(clock: Clock) {
    this.clock = clock
    this.offset = clock.now() - clock.monotonic()
  }

  /** Jumps within the last `withinMs`, at most a few hundred. */
  recent(withinMs: number): number {
    const from = this.clock.monotonic() - withinMs
    return this.jumpedAt.filter(at => at > from).length
  }

  /** Ms by which the wall clock has moved since the last look, + forward; undefined where it has not. */
  look(): number | undefined {
    const offset = this.clock.now() - this.clock.monotonic()
    const movedMs = offset - this.offset
    if (Math.abs(movedMs) <= NOTABLE_MS) return undefined
    this.offset = offset
    this.jumps++
    this.jumpedAt.push(this.clock.monotonic())
    if (this.jumpedAt.length > MOST_REMEMBERED) this.jumpedAt.shift()
    return Math.round(movedMs)
  }
}
