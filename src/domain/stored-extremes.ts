import type { InstrumentId } from './ids.ts'
import type { PriceView } from './tick.ts'

/** Number of the last segment that an entry stands for, and the extreme price from there back to the entry before it. */
export type SegmentEntry = readonly [end: number, price: number]

/**
 * A series of an instrument's highest and lowest prices in one view, as a store keeps it. The series is
 * cut into segments, numbered from 0; a position counts the prices of the segments from its mark on.
 */
export interface StoredExtremes {
  readonly instrument: InstrumentId
  readonly view: PriceView
  /** Number of the running segment. */
  readonly segment: number
  /** Extremes of the running segment; absent before its first price. */
  readonly high?: number
  readonly low?: number
  /** Closed segments, oldest first: an extreme that a later segment exceeds is left out. */
  readonly highs: readonly SegmentEntry[]
  readonly lows: readonly SegmentEntry[]
}

/** Best mirrored price (sign × price) in the segments from `mark` on; −Infinity where there is none. */
export function bestSince(
  { segment, high, low, highs, lows }: StoredExtremes,
  mark: number,
  sign: 1 | -1,
): number {
  // The mark is newer than the row: all that the row has came before it.
  if (mark > segment) return -Infinity
  const [running, closed] = sign === 1 ? [high, highs] : [low, lows]
  const first = closed.find(([end]) => end >= mark)
  return Math.max(
    running === undefined ? -Infinity : sign * running,
    first === undefined ? -Infinity : sign * first[1],
  )
}
