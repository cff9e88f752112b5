import type { InstrumentId } from '../domain/ids.ts'
import type { PriceView } from '../domain/tick.ts'
import { Backlog } from './backlog.ts'
import { Extremes } from './extremes.ts'
import { QuoteGaps } from './gaps.ts'
import type { StaleQuoteRule } from './rule.ts'
import { StoredSeries } from './stored-series.ts'
import { TriggerBook } from './trigger-book.ts'

/** Quiet time that counts as stale while the gaps of a stream are not followed, ms. */
const QUIET_UNKNOWN_MS = 900_000

/**
 * For so long after a quote, ms, a tick without that side says nothing of it: a trade at the other
 * side of the book would pass for a move. After that its trade price takes the place of the quote.
 */
export const QUOTE_LASTS_MS = 30_000

/** A watched position as its streams need it. */
export interface StreamPosition {
  readonly own: { readonly stream: unknown }
  /** Epoch ms. */
  readonly openedAt: number
  readonly staleQuote: StaleQuoteRule | undefined
  readonly worst: { keep(openedAt: number): void }
  /** Marks it pending from tick `seq` on. False: it was pending, or is closed. */
  suspend(seq: number): boolean
}

/** Everything known of one instrument's prices in one view, and the positions that compare them. */
export class PriceStream<Watched extends StreamPosition> {
  // What every tick reads comes first: the fewer cache lines of a stream it touches, the better.
  readonly book: TriggerBook<Watched> = new TriggerBook()
  readonly extremes = new Extremes()
  /** How many of its positions are pending. */
  pending = 0
  /** NaN before the first tick. */
  lastPrice = NaN
  /** Receive time of the last tick, epoch ms; −Infinity before the first. */
  lastAt = -Infinity
  private gaps: QuoteGaps | undefined
  /** What a store keeps of it. */
  readonly series: StoredSeries = new StoredSeries()
  readonly backlog = new Backlog()
  /** Positions with a slot in the book. */
  readonly positions: Set<Watched> = new Set()
  /** When the last of its positions was opened, those that have gone included, epoch ms. */
  lastOpenedAt = -Infinity
  /** Quiet time after the last tick from which its price is stale (`auto`), ms. */
  quietMs = QUIET_UNKNOWN_MS
  /** Receive time of the last tick that quoted this side, epoch ms. */
  private quotedAt = -Infinity
  readonly instrument: InstrumentId
  readonly view: PriceView

  constructor(instrument: InstrumentId, view: PriceView) {
    this.instrument = instrument
    this.view = view
  }

  /** One more or one less of its positions is pending; an unused backlog is let go. */
  countPending(by: 1 | -1): void {
    this.pending += by
    if (this.pending === 0) this.backlog.clear()
  }

  /** Follows the gaps between ticks from now on, for `staleQuote: { afterMs: auto }`. */
  followGaps(): void {
    this.gaps ??= new QuoteGaps()
  }

  /** Takes one tick in a quoted view: `side` is its price there, if it has one. */
  observeQuote(
    side: number | undefined,
    { trade, seq, at }: { readonly trade: number; readonly seq: number; readonly at: number },
    fired: Watched[],
  ): void {
    const price = this.priceOf(side, trade, at)
    if (side !== undefined) this.quotedAt = at
    if (!Number.isNaN(price)) this.observe(price, seq, at, fired)
  }

  /** What a tick of `at` (epoch ms) shows of a quoted side: its own price there, else its trade; NaN: nothing. */
  priceOf(side: number | undefined, trade: number, at: number): number {
    return side ?? (at - this.quotedAt >= QUOTE_LASTS_MS ? trade : NaN)
  }

  /**
   * Takes one tick. Adds to `fired` the positions that must evaluate it, marked pending as of the
   * moment before it.
   */
  observe(price: number, seq: number, at: number, fired: Watched[]): void {
    const { book, extremes } = this
    if (price <= book.guardLo || price >= book.guardHi) this.fire(price, seq, fired)
    if (this.gaps !== undefined) this.followGap(seq, at, fired)
    if (extremes.observe(price) !== 0) this.series.observe(price)
    this.lastPrice = price
    this.lastAt = at
    if (this.pending > 0) this.backlog.push(seq, price, at, this.quietMs)
  }

  /** Forgets closed segments. Every position of the stream must be pending: then none of them uses a mark for its best price. */
  forgetSegments(): void {
    for (const watched of this.positions) {
      if (watched.own.stream === this) watched.worst.keep(watched.openedAt)
    }
    this.extremes.clear()
  }

  /** Moves every time of receipt along with the clock. */
  shift(byMs: number): void {
    this.lastAt += byMs
    this.quotedAt += byMs
    this.backlog.shift(byMs)
    this.gaps?.shift(byMs)
  }

  private fire(price: number, seq: number, fired: Watched[]): void {
    const first = fired.length
    this.book.cross(price, fired)
    let kept = first
    for (let index = first; index < fired.length; index++) {
      const watched = fired[index]!
      if (watched.suspend(seq)) fired[kept++] = watched
    }
    fired.length = kept
  }

  /**
   * A limit that shrinks may bring deadlines forward: positions that depend on it are evaluated
   * again.
   */
  private followGap(seq: number, at: number, fired: Watched[]): void {
    if (this.gaps!.observe(at)) {
      for (const watched of this.positions) {
        if (watched.staleQuote?.afterMs === 'auto' && watched.suspend(seq)) fired.push(watched)
      }
    }
    this.quietMs = this.gaps!.limitMs
  }
}
