import type { InstrumentId } from '../domain/ids.ts'
import type { PriceView } from '../domain/tick.ts'
import { PriceStream } from './price-stream.ts'
import type { WatchedPosition } from './watched-position.ts'

/** A price stream with the positions that compare it. */
export type WatchedStream = PriceStream<WatchedPosition>

/** An instrument's streams: most have the first one alone. */
export interface Market {
  trade: WatchedStream | undefined
  bid: WatchedStream | undefined
  ask: WatchedStream | undefined
}

/**
 * The price streams of every instrument that a position compares. The dispatcher writes them; brokers, the
 * call desk and views read prices here, so that none of them has to know the dispatcher.
 */
export class PriceBoard {
  private readonly markets = new Map<InstrumentId, Market>()
  /** Number of the last series of extremes that was begun, in this process or before. */
  private lastSeries = 0

  /** Whether a position of the instrument is or was guarded: ticks of others change nothing. */
  knows(instrument: InstrumentId): boolean {
    return this.markets.has(instrument)
  }

  /** Last good price of an instrument that is or was guarded in this view; undefined before the first. */
  price(instrument: InstrumentId, view: PriceView): number | undefined {
    const price = this.markets.get(instrument)?.[view]?.lastPrice
    return price === undefined || Number.isNaN(price) ? undefined : price
  }

  /** The instruments that have had a price, in any view. */
  *priced(): Iterable<InstrumentId> {
    for (const [instrument, { trade, bid, ask }] of this.markets)
      if ([trade, bid, ask].some(each => each !== undefined && !Number.isNaN(each.lastPrice)))
        yield instrument
  }

  /** The streams of an instrument; undefined where no position compares it. */
  market(instrument: InstrumentId): Readonly<Market> | undefined {
    return this.markets.get(instrument)
  }

  /** The stream of an instrument in a view, begun where there is none yet. */
  stream(instrument: InstrumentId, view: PriceView): WatchedStream {
    let market = this.markets.get(instrument)
    if (market === undefined) {
      market = { trade: undefined, bid: undefined, ask: undefined }
      this.markets.set(instrument, market)
    }
    return (market[view] ??= new PriceStream(instrument, view))
  }

  /** Series are numbered above `number`: rows of an earlier process have those up to it. */
  numberSeriesAbove(number: number): void {
    this.lastSeries = Math.max(this.lastSeries, number)
  }

  /** Number of a series that begins. */
  nextSeries(): number {
    return ++this.lastSeries
  }

  /** Every price stream that a position compares. */
  *streams(): Iterable<WatchedStream> {
    for (const { trade, bid, ask } of this.markets.values()) {
      if (trade !== undefined) yield trade
      if (bid !== undefined) yield bid
      if (ask !== undefined) yield ask
    }
  }

  /** The streams of an instrument by their view. */
  *streamsOf(instrument: InstrumentId): Iterable<[PriceView, WatchedStream]> {
    const market = this.markets.get(instrument)
    if (market === undefined) return
    for (const view of ['trade', 'bid', 'ask'] as const) {
      const stream = market[view]
      if (stream !== undefined) yield [view, stream]
    }
  }
}
