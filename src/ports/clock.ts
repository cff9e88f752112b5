/** The two clocks; no other code reads the machine's own. */
export interface Clock {
  /** Wall clock, epoch ms; may jump. For what is shown, and for deadlines on the calendar. */
  now(): number
  /** Ms from an arbitrary start; never jumps. For durations. */
  monotonic(): number
}
