import type { SegmentEntry, StoredExtremes } from '../domain/stored-extremes.ts'

/** A monotone stack of closed segments: each entry is the extreme of all segments up to the next. */
class SegmentStack {
  private ends: number[] = []
  private extremes: number[] = []

  get length(): number {
    return this.ends.length
  }

  push(end: number, extreme: number): void {
    let size = this.ends.length
    while (size > 0 && this.extremes[size - 1]! <= extreme) size--
    this.ends.length = size
    this.extremes.length = size
    this.ends.push(end)
    this.extremes.push(extreme)
  }

  /** Largest extreme of the segments numbered `from` and later; −Infinity if there is none. */
  since(from: number): number {
    const { ends } = this
    let low = 0
    let high = ends.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (ends[middle]! < from) low = middle + 1
      else high = middle
    }
    return low < ends.length ? this.extremes[low]! : -Infinity
  }

  clear(): void {
    this.ends.length = 0
    this.extremes.length = 0
  }

  /** The entries with their prices as they are: `sign` × the extreme. */
  entries(sign: 1 | -1): SegmentEntry[] {
    return this.ends.map((end, index) => [end, sign * this.extremes[index]!] as const)
  }
}

export const HIGHEST = 1
export const LOWEST = 2

/**
 * Highest and lowest price of one stream, in segments that close when a monitor arms, so that
 * "best price since then" is one binary search, exact for a position that slept meanwhile.
 */
export class Extremes {
  private readonly highs = new SegmentStack()
  /** Of negated prices. */
  private readonly lows = new SegmentStack()
  private high = -Infinity
  private low = Infinity
  private segment = 0

  /** Takes one price into the running segment. Returns whether it is an extreme of that segment: `HIGHEST`, `LOWEST`, both, or 0. */
  observe(price: number): number {
    let found = 0
    if (price > this.high) {
      this.high = price
      found = HIGHEST
    }
    if (price < this.low) {
      this.low = price
      found |= LOWEST
    }
    return found
  }

  /** Closes the running segment. Gives the mark from which `bestSince` counts later prices. */
  mark(): number {
    if (this.high === -Infinity) return this.segment
    this.highs.push(this.segment, this.high)
    this.lows.push(this.segment, -this.low)
    this.high = -Infinity
    this.low = Infinity
    return ++this.segment
  }

  /** Best mirrored price (sign × price) observed since `mark`; −Infinity when there was none. */
  bestSince(mark: number, sign: 1 | -1): number {
    return sign === 1
      ? Math.max(this.high, this.highs.since(mark))
      : Math.max(-this.low, this.lows.since(mark))
  }

  /** Entries kept: what `clear` is bound by. */
  get size(): number {
    return Math.max(this.highs.length, this.lows.length)
  }

  /** Forgets closed segments. Only when no mark is in use. */
  clear(): void {
    this.highs.clear()
    this.lows.clear()
  }

  /** All segments as a store keeps them. */
  stored(): Pick<StoredExtremes, 'segment' | 'high' | 'low' | 'highs' | 'lows'> {
    const { segment, high, low } = this
    return {
      segment,
      ...(high > -Infinity && { high, low }),
      highs: this.highs.entries(1),
      lows: this.lows.entries(-1),
    }
  }
}
