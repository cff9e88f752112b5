import type { StoredExtremes } from '../domain/stored-extremes.ts'
import { Extremes, HIGHEST, LOWEST } from './extremes.ts'
import type { PriceBoard } from './price-board.ts'
import type { PriceStream } from './price-stream.ts'
import type { WatchedPosition } from './watched-position.ts'
import type { Ratchet, Since } from './watched-state.ts'

/** Closed segments that differ; with more of them a new series begins, and every position of the stream is stored again. */
const MOST_SEGMENTS = 64

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
  readonly parts: StreamPart[] = []
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

  /** Begins the series numbered `number`, for positions that are all stored again. */
  begin(number: number, guards: readonly WatchedPosition[]): void {
    for (const guard of guards) {
      guard.stored.secure(this, guard.sign)
      guard.own.part.put(guard)
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
}

/** What one account has on a stream: which extremes its positions count, and which rows it must write. */
export class StreamPart {
  readonly stream: PriceStream
  /** Positions of the account that compare the stream, also as their underlying. */
  legs = 0
  /** Whether the row of the stream, or of one of the account's positions, must be written. */
  isDue = false
  /** Whether its row of the stream lacks an extreme, of a best or of a worst price: the last rows of a process have them all. */
  isBehind = false
  /** The extremes that positions count: `HIGHEST` where there is a long, `LOWEST` where there is a short. */
  private counted = 0
  private longs = 0
  private shorts = 0
  /** Positions whose own rows are written with the next rows of the stream; undefined: none. */
  private waiting: Set<WatchedPosition> | undefined
  private readonly onDue: (part: StreamPart) => void

  /** `onDue` is called when rows must be written that were not due before. */
  constructor(stream: PriceStream, onDue: (part: StreamPart) => void) {
    this.stream = stream
    this.onDue = onDue
  }

  /** Whether a position of the account has its own prices there. */
  get isOwn(): boolean {
    return this.longs + this.shorts > 0
  }

  /** A position is watched on the stream. Its row has no mark of this series yet; `isPriced`: it must have one soon. */
  enter(guard: WatchedPosition, isPriced: boolean): void {
    this.count(guard, 1)
    this.wait(guard)
    if (isPriced) this.due()
  }

  leave(guard: WatchedPosition): void {
    this.count(guard, -1)
    this.waiting?.delete(guard)
  }

  /** Writes the row of a position with the next rows. */
  put(guard: WatchedPosition): void {
    this.wait(guard)
    this.due()
  }

  /** Writes the row of a position again if the store would not give its ratchet as it is. */
  check(guard: WatchedPosition): void {
    if (!guard.stored.covers(this.stream.series, guard)) this.put(guard)
  }

  /** The stream has new extremes: `HIGHEST`, `LOWEST` or both. */
  observed(found: number): void {
    this.isBehind = true
    if ((found & this.counted) !== 0) this.due()
  }

  /** The positions whose own rows are written now; they wait no longer. */
  take(): Iterable<WatchedPosition> | undefined {
    const { waiting } = this
    this.isDue = false
    this.isBehind = false
    this.waiting = undefined
    return waiting?.size === 0 ? undefined : waiting
  }

  private wait(guard: WatchedPosition): void {
    this.waiting ??= new Set()
    this.waiting.add(guard)
  }

  private due(): void {
    if (this.isDue) return
    this.isDue = true
    this.onDue(this)
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

/** Gives `sink` the rows that an account must write of a stream: those of positions, then that of its extremes. */
export function takeRows(part: StreamPart, { board, now }: Taking, sink: RatchetSink): void {
  const { stream } = part
  const { series, extremes, instrument, view } = stream
  if (series.number === 0 || series.isFull) {
    const own = [...stream.guards].filter(guard => guard.own.stream === stream)
    series.begin(board.nextSeries(), own)
  }
  const waiting = part.take()
  if (waiting !== undefined) {
    const since = series.mark()
    // The series is given new extremes of the stream alone: both begin a segment here.
    extremes.mark()
    for (const guard of waiting) {
      const { sign, anchor, openedAt, stored } = guard
      const worst = guard.worst.since(openedAt)
      // A price from before it opened does not count.
      const from = now < openedAt ? undefined : since
      stored.take(series, { sign, best: guard.bestNow(), anchor, worst }, from)
      sink.ratchet(guard, stored.values(sign))
    }
  }
  sink.extremes(series.number, { instrument, view, ...series.stored() })
}
