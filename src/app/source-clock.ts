import { clockDifference } from '../domain/clock-difference.ts'
import type { Tick } from '../domain/tick.ts'
import type { ClockReading } from '../domain/venue-facts.ts'
import type { Clock } from '../ports/clock.ts'

/** A difference that moves by less stays what it was, ms: copies of a tick keep equal times. */
const SAME_MS = 1_000

/**
 * The clock by which a source states the times of its prices, against that of the service: what is measured of the
 * difference is taken off those times, so that their age is right although one of the two clocks is wrong.
 */
export class SourceClock {
  private readonly clock: Clock
  private readonly read: () => ClockReading | undefined
  private last: ClockReading | undefined
  /** Wall time minus monotonic time of the service when the last reading came, ms. */
  private offset = 0
  private aheadMs = 0

  /** `read` gives the last reading; undefined: there was none, or the source does not state its time. */
  constructor(clock: Clock, read: () => ClockReading | undefined) {
    this.clock = clock
    this.read = read
  }

  /** Takes the last reading, and what the clock of the service was set by since; once a cycle. */
  cycle(): void {
    const reading = this.read()
    if (reading === undefined) return
    const offset = this.clock.now() - this.clock.monotonic()
    if (reading !== this.last) this.offset = offset
    this.last = reading
    const { errorMs } = reading
    const aheadMs = reading.aheadMs + this.offset - offset
    const isTaken = clockDifference({ aheadMs, errorMs }) === 'believed'
    // What may be an error of the measurement makes no price younger.
    const next = isTaken ? Math.sign(aheadMs) * Math.round(Math.abs(aheadMs) - errorMs) : 0
    if (next === 0 || Math.abs(next - this.aheadMs) > SAME_MS) this.aheadMs = next
  }

  /** Epoch ms by the source. */
  now(): number {
    return this.clock.now() + this.aheadMs
  }

  /** A tick of the source with its time by the clock of the service. */
  own(tick: Tick): Tick {
    return this.aheadMs === 0 ? tick : { ...tick, ts: tick.ts - this.aheadMs }
  }
}
