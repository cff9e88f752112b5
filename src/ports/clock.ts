/** The two clocks; no other code reads the machine's own. */
export interface Clock {
  /** Wall clock, epoch ms; may jump. For display, and for deadlines on the calendar. */
  now(): number
  /** Monotonic clock, ms from an arbitrary start. For durations. */
  monotonic(): number
}
