import type { StoredExtremes } from '../domain/stored-extremes.ts'
import { HIGHEST, LOWEST } from './extremes.ts'
import type { PriceStream, StreamPosition } from './price-stream.ts'
import type { StoredRow } from './stored-row.ts'
import type { Ratchet, Since } from './watched-state.ts'

/** A watched position as the rows of its stream need it; best prices are mirrored. */
export interface PartPosition extends StreamPosition {
  readonly sign: 1 | -1
  readonly best: number
  readonly anchor: number | undefined
  readonly evaluatedAt: number
  readonly stored: StoredRow
  readonly worst: StreamPosition['worst'] & { since(openedAt: number): number }
  readonly own: { readonly stream: unknown; readonly part: { put(watched: unknown): void } }
  bestNow(): number
}

/** What is called when rows must be written that were not due before. */
interface DueSink<Watched extends PartPosition> {
  becameDue(part: StreamPart<Watched>): void
}

/** What one account has on a stream: which extremes its positions count, and which rows it must write. */
export class StreamPart<Watched extends PartPosition> {
  readonly stream: PriceStream<Watched>
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
  private waiting: Set<Watched> | undefined
  private readonly sink: DueSink<Watched>

  /** `sink` is that of its account. */
  constructor(stream: PriceStream<Watched>, sink: DueSink<Watched>) {
    this.stream = stream
    this.sink = sink
  }

  /** Whether a position of the account has its own prices there. */
  get isOwn(): boolean {
    return this.longs + this.shorts > 0
  }

  /** A position is watched on the stream. Its row has no mark of this series yet; `isPriced`: it must have one soon. */
  enter(watched: Watched, isPriced: boolean): void {
    this.count(watched, 1)
    this.wait(watched)
    if (isPriced) this.due()
  }

  leave(watched: Watched): void {
    this.count(watched, -1)
    this.waiting?.delete(watched)
  }

  /** Writes the row of a position with the next rows. */
  put(watched: Watched): void {
    this.wait(watched)
    this.due()
  }

  /** Writes the row of a position again if the store would not give its ratchet as it is. */
  check(watched: Watched): void {
    if (!watched.stored.covers(this.stream.series, watched)) this.put(watched)
  }

  /** The stream has new extremes: `HIGHEST`, `LOWEST` or both. */
  observed(found: number): void {
    this.isBehind = true
    if ((found & this.counted) !== 0) this.due()
  }

  /** The positions whose own rows are written now; they wait no longer. */
  take(): Iterable<Watched> | undefined {
    const { waiting } = this
    this.isDue = false
    this.isBehind = false
    this.waiting = undefined
    return waiting?.size === 0 ? undefined : waiting
  }

  private wait(watched: Watched): void {
    this.waiting ??= new Set()
    this.waiting.add(watched)
  }

  private due(): void {
    if (this.isDue) return
    this.isDue = true
    this.sink.becameDue(this)
  }

  private count({ sign }: Watched, by: 1 | -1): void {
    if (sign === 1) this.longs += by
    else this.shorts += by
    this.counted = (this.longs > 0 ? HIGHEST : 0) | (this.shorts > 0 ? LOWEST : 0)
    if (this.counted === 0) this.isDue = false
  }
}

/** What takes the rows that must be written. */
export interface RatchetSink<Watched> {
  ratchet(watched: Watched, row: Ratchet & Partial<Since>): void
  extremes(series: number, row: StoredExtremes): void
}

interface Taking {
  readonly board: { nextSeries(): number }
  /** Epoch ms. */
  readonly now: number
}

/** Gives `sink` the rows that an account must write of a stream: those of positions, then that of its extremes. */
export function takeRows<Watched extends PartPosition>(
  part: StreamPart<Watched>,
  { board, now }: Taking,
  sink: RatchetSink<Watched>,
): void {
  const { stream } = part
  const { series, extremes, instrument, view } = stream
  if (series.number === 0 || series.isFull) {
    const own = [...stream.positions].filter(watched => watched.own.stream === stream)
    for (const watched of own) {
      watched.stored.secure(series, watched.sign)
      watched.own.part.put(watched)
    }
    series.begin(board.nextSeries())
  }
  const waiting = part.take()
  if (waiting !== undefined) {
    const since = series.mark()
    // The series is given new extremes of the stream alone: both begin a segment here.
    extremes.mark()
    for (const watched of waiting) {
      const { sign, anchor, openedAt, stored } = watched
      // A price from before it opened does not count.
      const from = now < openedAt ? undefined : since
      stored.take(series, { sign, best: watched.bestNow(), anchor }, from)
      sink.ratchet(watched, stored.values(sign, watched.worst.since(openedAt)))
    }
  }
  sink.extremes(series.number, { instrument, view, ...series.stored() })
}
