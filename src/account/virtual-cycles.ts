/** Time after the last event for which cycles continue while an exit waits, ms. */
const LONGEST_WAIT_MS = 120_000

/**
 * The times of the monitoring cycles of a replay: those of a service that starts with the first row. Cycles
 * between which nothing happens are left out, as they could find nothing.
 */
export class VirtualCycles {
  /** Epoch ms of the next cycle; Infinity: nothing is to be done. */
  nextAt = Infinity
  private readonly everyMs: number
  private startAt: number | undefined
  private lastAt = -Infinity

  /** `everyMs`: Infinity for none at all. */
  constructor(everyMs: number) {
    this.everyMs = everyMs
  }

  /** Something happened at `at` (epoch ms): the next cycle evaluates it. */
  happened(at: number): void {
    if (this.everyMs === Infinity) return
    this.startAt ??= at
    this.lastAt = at
    if (this.nextAt !== Infinity) return
    const past = Math.floor((at - this.startAt) / this.everyMs)
    this.nextAt = this.startAt + (past + 1) * this.everyMs
  }

  /** The cycle of `nextAt` is over; `isWaiting`: an exit waits for another one. */
  over(isWaiting: boolean): void {
    const next = this.nextAt + this.everyMs
    this.nextAt = isWaiting && next - this.lastAt <= LONGEST_WAIT_MS ? next : Infinity
  }
}
