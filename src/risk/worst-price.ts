import type { Extremes } from './extremes.ts'
import type { FirstTick, Ratchet } from './watched-state.ts'

/** The prices of an instrument, as far as they count here. */
interface Priced {
  readonly extremes: Extremes
  /** Receive time of the last tick, epoch ms. */
  readonly lastAt: number
}

/**
 * Worst price of a guarded position so far, mirrored (sign × price): the base of its maximum adverse excursion. No
 * rule reads it. NaN: unknown, as a version that did not count it has guarded the position before.
 */
export class WorstPrice {
  private price: number
  private readonly sign: 1 | -1
  /** The stream whose prices count; undefined before the position is guarded. */
  private stream: Priced | undefined
  /** Segment of the extremes of the stream from which prices count. */
  private mark = 0

  /** `price`: the entry price, mirrored. */
  constructor(price: number, sign: 1 | -1) {
    this.price = price
    this.sign = sign
  }

  /** Counts the prices of a stream from now on, and the one that is there already, of a position that opened at `openedAt`. */
  begin(stream: Priced, first: FirstTick | undefined, openedAt: number): void {
    this.stream = stream
    this.mark = stream.extremes.mark()
    if (first !== undefined && first.at >= openedAt) {
      this.price = Math.min(this.price, this.sign * first.price)
    }
  }

  /** Counts from a later segment on: the prices before it came before the position opened. */
  restart(mark: number): void {
    this.mark = mark
  }

  /** Starts from what an earlier process has stored, as it is; undefined: it stored none. */
  restore(price: number | undefined): void {
    this.price = price === undefined ? NaN : Math.min(this.price, this.sign * price)
  }

  /** The worst price, mirrored, of a position that opened at `openedAt` (epoch ms). */
  since(openedAt: number): number {
    const { stream, price } = this
    if (stream === undefined || stream.lastAt < openedAt) return price
    return Math.min(price, -stream.extremes.bestSince(this.mark, this.sign === 1 ? -1 : 1))
  }

  /** As a ratchet has it: as it is, and absent where it is unknown. */
  stored(openedAt: number): Pick<Ratchet, 'worst'> {
    const price = this.since(openedAt)
    return Number.isNaN(price) ? {} : { worst: this.sign * price }
  }

  /** Takes over what the closed segments have, before the stream forgets them. */
  keep(openedAt: number): void {
    this.price = this.since(openedAt)
  }
}
