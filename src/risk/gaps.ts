/** How many gaps between ticks are remembered. */
const REMEMBERED = 200
/** Shortest and longest quiet time that `auto` gives, ms. */
const SHORTEST_MS = 10_000
const LONGEST_MS = 900_000
const GAPS_FOR_STALE = 3

/**
 * The gaps between the last ticks of one instrument, and the quiet time after which its price
 * counts as stale: three times the longest gap, 10 s to 15 min; 15 min while no gap is known.
 */
export class QuoteGaps {
  private readonly gaps = new Float64Array(REMEMBERED)
  private count = 0
  private longest = -1
  private lastAt: number | undefined
  /** Ms after the last tick. */
  limitMs = LONGEST_MS

  /** Takes a tick at `at` (epoch ms, never going back). Says whether the limit became shorter. */
  observe(at: number): boolean {
    const before = this.limitMs
    if (this.lastAt !== undefined) {
      const index = this.count % REMEMBERED
      const dropped = this.count >= REMEMBERED ? this.gaps[index]! : -1
      const gap = at - this.lastAt
      this.gaps[index] = gap
      this.count++
      if (gap >= this.longest) this.longest = gap
      else if (dropped === this.longest) this.longest = this.findLongest()
      this.limitMs = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, GAPS_FOR_STALE * this.longest))
    }
    this.lastAt = at
    return this.limitMs < before
  }

  /** Moves the time of the last tick along with the clock. */
  shift(byMs: number): void {
    if (this.lastAt !== undefined) this.lastAt += byMs
  }

  private findLongest(): number {
    return this.gaps.reduce((longest, gap) => Math.max(longest, gap), 0)
  }
}
