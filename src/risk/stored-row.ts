import type { StoredSeries } from './stored-series.ts'
import type { Ratchet, Since } from './watched-state.ts'

/** Mark of a position without a row of its own, and of one whose row was written before it opened. */
const NO_ROW: Since = { series: -1, mark: 0 }
const NOT_OPEN: Since = { series: -2, mark: 0 }

/** The ratchet of a position; its best price is mirrored. */
interface Present {
  readonly sign: 1 | -1
  readonly best: number
  readonly anchor: number | undefined
}

interface Evaluated extends Present {
  /** Epoch ms. */
  readonly openedAt: number
  readonly evaluatedAt: number
}

/** The row of a position in the store, as it is or shall be on disk. It never becomes looser (P3). */
export class StoredRow {
  private best: number
  private anchor: number | undefined
  private since = NO_ROW

  /** `best`, mirrored, and `anchor`: what a process would start from without a row of this process. */
  constructor(best: number, anchor?: number) {
    this.best = best
    this.anchor = anchor
  }

  /** Writes the row anew: it counts the prices of its series from `since` on. */
  take(series: StoredSeries, { sign, best, anchor }: Present, since: Since | undefined): void {
    this.secure(series, sign)
    this.best = Math.max(this.best, best)
    this.anchor = anchor
    this.since = since ?? NOT_OPEN
  }

  /** Takes what the row counts into its own best price: the series that it refers to ends. */
  secure(series: StoredSeries, sign: 1 | -1): void {
    this.best = Math.max(this.best, series.bestSince(this.since, sign))
  }

  /** Whether the row and that of its series give the best price and the base of the position again. */
  covers(series: StoredSeries, { sign, best, anchor, openedAt, evaluatedAt }: Evaluated): boolean {
    if (anchor !== this.anchor) return false
    if (this.since === NOT_OPEN && evaluatedAt >= openedAt) return false
    return best <= this.best || best <= series.bestSince(this.since, sign)
  }

  /** The row with prices as they are; `worst` is mirrored, NaN: unknown. */
  values(sign: 1 | -1, worst: number): Ratchet & Partial<Since> {
    const { best, anchor, since } = this
    return {
      best: sign * best,
      ...(!Number.isNaN(worst) && { worst: sign * worst }),
      ...(anchor !== undefined && { anchor }),
      ...(since.series > 0 && since),
    }
  }
}
