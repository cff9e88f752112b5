import type { StoredExtremes } from '../domain/stored-extremes.ts'
import { Extremes, HIGHEST, LOWEST } from './extremes.ts'
import type { PriceBoard } from './price-board.ts'
import type { PriceStream } from './price-stream.ts'
import type { WatchedPosition } from './watched-position.ts'
import type { Ratchet, Since } from './watched-state.ts'

/** Closed segments that differ; with more of them a new series begins, and every position of the stream is stored again. */
const MOST_SEGMENTS = 64

/**
 * What of one stream a store keeps (P3): its extremes, one row for all positions, in segments that close
 * when a position's own row is written. That row says from which segment on the position counts, so that
 * a price that is a new extreme changes one row, and a position is written again only where its best
 * price has another source.
 */
export class StoredSeries {
  /** Number of the series among all of the store; 0 before its first row. */
  number = 0
  /** Whether a row of the stream, or of one of its positions, must be written. */
  isDue = false
  /** Whether the row of the stream lacks an extreme, of a best or of a worst price: the last rows of a process have them all. */
  isBehind = false
  /** The extremes that positions on this stream count: `HIGHEST` where there is a long, `LOWEST` where there is a short. */
  private counted = 0
  private longs = 0
  private shorts = 0
  /** Positions whose own rows are written with the next rows of the stream. */
  readonly waiting: Set<WatchedPosition> = new Set()
  private extremes = new Extremes()

  /** A position is watched on the stream. Its row has no mark of this series yet; `isPriced`: it must have one soon. */
  enter(guard: WatchedPosition, isPriced: boolean): void {
    this.count(guard, 1)
    this.waiting.add(guard)
    if (isPriced) this.isDue = true
  }

  leave(guard: WatchedPosition): void {
    this.count(guard, -1)
    this.waiting.delete(guard)
  }

  /** Takes a price that is an extreme of the stream since the last `mark`. */
  observe(price: number): void {
    const found = this.extremes.observe(price)
    if (found !== 0) this.isBehind = true
    if ((found & this.counted) !== 0) this.isDue = true
  }

  /** Writes the row of a position with the next rows. */
  put(guard: WatchedPosition): void {
    this.waiting.add(guard)
    this.isDue = true
  }

  /** Writes the row of a position again if the store would not give its ratchet as it is. */
  check(guard: WatchedPosition): void {
    if (!guard.stored.covers(this, guard)) this.put(guard)
  }

  /** Best mirrored price since the mark of a position's row; −Infinity where that is of another series. */
  bestSince({ series, mark }: Since, sign: 1 | -1): number {
    return series === this.number ? this.extremes.bestSince(mark, sign) : -Infinity
  }

  /** Whether a new series must begin, as this one has too many segments. */
  get isFull(): boolean {
    return this.extremes.size > MOST_SEGMENTS
  }

  /** Begins the series numbered `number`, for positions that are all stored again. */
  begin(number: number, guards: readonly WatchedPosition[]): void {
    for (const guard of guards) {
      guard.stored.secure(this, guard.sign)
      this.put(guard)
    }
    this.number = number
    this.extremes = new Extremes()
  }

  /** Closes the running segment. Returns what the rows of positions refer to from now on. */
  mark(): Since {
    return { series: this.number, mark: this.extremes.mark() }
  }

  stored(): ReturnType<Extremes['stored']> {
    return this.extremes.stored()
  }

  private count({ sign }: WatchedPosition, by: 1 | -1): void {
    if (sign === 1) this.longs += by
    else this.shorts += by
    this.counted = (this.longs > 0 ? HIGHEST : 0) | (this.shorts > 0 ? LOWEST : 0)
    if (this.counted === 0) this.isDue = false
  }
}

/** What takes the rows that must be written. */
export interface RatchetSink {
  ratchet(guard: WatchedPosition, row: Ratchet & Partial<Since>): void
  extremes(series: number, row: StoredExtremes): void
}

interface Taking {
  readonly board: Pick<PriceBoard, 'nextSeries'>
  /** Epoch ms. */
  readonly now: number
}

/** Gives `sink` the rows of a stream that must be written: those of positions, then that of its extremes. */
export function takeRows(stream: PriceStream, { board, now }: Taking, sink: RatchetSink): void {
  const { series, extremes, instrument, view } = stream
  if (series.number === 0 || series.isFull) {
    const own = [...stream.guards].filter(guard => guard.own.stream === stream)
    series.begin(board.nextSeries(), own)
  }
  series.isDue = false
  series.isBehind = false
  if (series.waiting.size > 0) {
    const since = series.mark()
    // The series is given new extremes of the stream alone: both begin a segment here.
    extremes.mark()
    for (const guard of series.waiting) {
      const { sign, anchor, openedAt, stored } = guard
      const worst = guard.worst.since(openedAt)
      // A price from before it opened does not count.
      const from = now < openedAt ? undefined : since
      stored.take(series, { sign, best: guard.bestNow(), anchor, worst }, from)
      sink.ratchet(guard, stored.values(sign))
    }
    series.waiting.clear()
  }
  sink.extremes(series.number, { instrument, view, ...series.stored() })
}
