/**
 * The wall clock of a process, which a test sets forward or back. The monotonic clock is
 * unaffected.
 */
const Real = Date
let offsetMs = 0

globalThis.Date = class extends Real {
  constructor(...given: unknown[]) {
    if (given.length === 0) super(Real.now() + offsetMs)
    else super(...(given as [number]))
  }

  static override now(): number {
    return Real.now() + offsetMs
  }
} as DateConstructor

/** Sets the wall clock so far from the true time, ms. */
export function stepClock(ms: number): void {
  offsetMs = ms
}
