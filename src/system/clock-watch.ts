import type { Clock } from '../ports/clock.ts'

/** Difference between the two clocks' progress from which the wall clock is said to have moved, ms. */
const NOTABLE_MS = 2_000

/** Notices when the wall clock moves against the monotonic one: a person or a time server set it. */
export class ClockWatch {
  /** Jumps so far. */
  jumps = 0
  private readonly clock: Clock
  private offset: number

  constructor(clock: Clock) {
    this.clock = clock
    this.offset = clock.now() - clock.monotonic()
  }

  /** Ms by which the wall clock has moved since the last look, + forward; undefined where it has not. */
  look(): number | undefined {
    const offset = this.clock.now() - this.clock.monotonic()
    const movedMs = offset - this.offset
    if (Math.abs(movedMs) <= NOTABLE_MS) return undefined
    this.offset = offset
    this.jumps++
    return Math.round(movedMs)
  }
}
