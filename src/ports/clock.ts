/** The two clocks; nobody reads the machine's own. */
export interface Clock {
  /** Wall clock, epoch ms; may jump. For what is shown, and for deadlines on the calendar. */
  now(): number
  /** Ms from an arbitrary start; never jumps. For durations. */
  monotonic(): number
}

/** A time in epoch ms that never jumps: the wall clock as it was at the start, and what passed since. */
export function steadyNow(clock: Clock): () => number {
  const start = clock.now() - clock.monotonic()
  return () => start + clock.monotonic()
}
