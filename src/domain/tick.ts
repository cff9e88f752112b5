import { isBounded, isMeasure } from './bounds.ts'
import type { InstrumentId } from './ids.ts'
import type { PriceSource, Side } from './position.ts'

/** One price of one instrument as the feed delivered it. */
export interface Tick {
  readonly instrument: InstrumentId
  /** The feed's own time of the tick, epoch ms. */
  readonly ts: number
  /**
   * Last traded price. After the bad-tick filter it is a valid price of its instrument, or NaN: no
   * trade is known, and there is only a bid or an ask.
   */
  readonly price: number
  readonly size?: number
  readonly bid?: number
  readonly ask?: number
}

/** The price series that a position compares: every tick shows at most one price in each view. */
export type PriceView = 'trade' | 'bid' | 'ask'

/** The view that values a position: `quote` uses the price at which it could be closed. */
export function viewOf(side: Side, source: PriceSource): PriceView {
  if (source === 'trade') return 'trade'
  return side === 'long' ? 'bid' : 'ask'
}

/** Whether a number is a price; below zero only where the instrument may trade there. */
export const isPrice = (price: number | undefined, mayBeNegative = false): price is number =>
  price !== undefined && (mayBeNegative ? isBounded(price) : isMeasure(price))

/** Whether a number is a side of a quote: 0 says that the side is missing. */
const isSide = (price: number | undefined, mayBeNegative: boolean): price is number =>
  price !== 0 && isPrice(price, mayBeNegative)

/**
 * The quoted price of a tick on one side of the book; undefined where that side is missing. In a
 * crossed quote (bid above ask) both sides count as missing. A missing side leaves the other one.
 */
export function quotedIn(
  view: 'bid' | 'ask',
  { bid, ask }: Tick,
  mayBeNegative = false,
): number | undefined {
  const own = view === 'bid' ? bid : ask
  if (!isSide(own, mayBeNegative)) return undefined
  const isCrossed = isSide(bid, mayBeNegative) && isSide(ask, mayBeNegative) && bid > ask
  return isCrossed ? undefined : own
}

/**
 * Price of a tick in a view: the trade price replaces a missing side. NaN where the tick has
 * neither.
 */
export const priceIn = (view: PriceView, tick: Tick): number =>
  view === 'trade' ? tick.price : (quotedIn(view, tick) ?? tick.price)

/** Whether two ticks of an instrument have the same time and the same figures. */
export const isSameTick = (a: Tick, b: Tick | undefined): boolean =>
  b !== undefined &&
  a.ts === b.ts &&
  Object.is(a.price, b.price) &&
  a.bid === b.bid &&
  a.ask === b.ask &&
  a.size === b.size
