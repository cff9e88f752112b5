import { Extremes } from './extremes.ts'
import type { Since } from './watched-state.ts'

/** Closed segments that differ; with more of them a new series begins, and every position of the stream is stored again. */
const MOST_SEGMENTS = 64

/** What one account has on the stream of a series. */
interface SeriesPart {
  /** The stream has new extremes: `HIGHEST`, `LOWEST` or both. */
  observed(found: number): void
}

/**
 * What of one stream stores keep (P3): its extremes, one row for all positions of an account, in segments that
 * close when a position's own row is written. That row says from which segment on the position counts, so that
 * a price that is a new extreme changes one row, and a position is written again only where its best price has
 * another source. Accounts that share the stream share the segments; each writes the row into its own part of
 * the store.
 */
export class StoredSeries {
  /** Number of the series among all of the board's accounts; 0 before its first row. */
  number = 0
  /** What each account has on the stream. */
  readonly parts: SeriesPart[] = []
  private extremes = new Extremes()

  /** Takes a price that is an extreme of the stream since the last `mark`. */
  observe(price: number): void {
    const found = this.extremes.observe(price)
    if (found === 0) return
    for (const part of this.parts) part.observed(found)
  }

  /** Best mirrored price since the mark of a position's row; −Infinity where that is of another series. */
  bestSince({ series, mark }: Since, sign: 1 | -1): number {
    return series === this.number ? this.extremes.bestSince(mark, sign) : -Infinity
  }

  /** Whether a new series must begin, as this one has too many segments. */
  get isFull(): boolean {
    return this.extremes.size > MOST_SEGMENTS
  }

  /** Begins the series numbered `number`; the rows of all its positions are written again. */
  begin(number: number): void {
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
}
