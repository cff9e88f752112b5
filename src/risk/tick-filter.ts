import type { InstrumentId } from '../domain/ids.ts'
import type { Tick } from '../domain/tick.ts'

export interface TickFilterOptions {
  /** Largest believable move from one tick to the next, percent; undefined: any. */
  readonly maxJumpPct?: number
}

interface Seen {
  good: Tick
  held: Tick | undefined
}

/**
 * Keeps prices that cannot be true away from everything behind it. A price that is not above zero
 * is dropped. With `maxJumpPct` a tick beyond it is held until the next one confirms it: nearer to
 * the held tick than to the last good one, both pass in order, else the held one is dropped.
 */
export class TickFilter {
  /** Ticks dropped so far. */
  dropped = 0
  private readonly maxJumpPct: number
  private readonly seen = new Map<InstrumentId, Seen>()

  constructor({ maxJumpPct = Infinity }: TickFilterOptions = {}) {
    this.maxJumpPct = maxJumpPct
  }

  /** Ticks held at present, waiting for the next one of their instrument. */
  get held(): number {
    let count = 0
    for (const seen of this.seen.values()) if (seen.held !== undefined) count++
    return count
  }

  /** Whether a tick of an instrument is held at present. */
  holds(instrument: InstrumentId): boolean {
    return this.seen.get(instrument)?.held !== undefined
  }

  /** Adds to `out` the ticks that may now be evaluated: none, this one, or the held one first. */
  accept(tick: Tick, out: Tick[]): void {
    if (!(tick.price > 0 && tick.price < Infinity)) {
      this.dropped++
      return
    }
    if (this.maxJumpPct === Infinity) out.push(tick)
    else this.confirm(tick, out)
  }

  private confirm(tick: Tick, out: Tick[]): void {
    const seen = this.seen.get(tick.instrument)
    if (seen === undefined) {
      this.seen.set(tick.instrument, { good: tick, held: undefined })
      out.push(tick)
      return
    }
    const { held } = seen
    seen.held = undefined
    if (held !== undefined) {
      if (distance(tick, held) < distance(tick, seen.good)) {
        seen.good = tick
        out.push(held, tick)
        return
      }
      this.dropped++
    }
    if (distance(tick, seen.good) * 100 > seen.good.price * this.maxJumpPct) {
      seen.held = tick
      return
    }
    seen.good = tick
    out.push(tick)
  }
}

const distance = (a: Tick, b: Tick): number => Math.abs(a.price - b.price)
