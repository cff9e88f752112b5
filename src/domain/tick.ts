import type { InstrumentId } from './ids.ts'
import type { PriceSource, Side } from './position.ts'

/** One price of one instrument as the feed delivered it. */
export interface Tick {
  readonly instrument: InstrumentId
  /** The feed's own time of the tick, epoch ms. */
  readonly ts: number
  /** Last traded price, > 0 once it has passed the bad-tick filter. */
  readonly price: number
  readonly size?: number
  readonly bid?: number
  readonly ask?: number
}

/** The stream of prices that a position compares: every tick shows one price in each view. */
export type PriceView = 'trade' | 'bid' | 'ask'

/** The view that values a position: `quote` takes what the position would get by closing. */
export function viewOf(side: Side, source: PriceSource): PriceView {
  if (source === 'trade') return 'trade'
  return side === 'long' ? 'bid' : 'ask'
}

/**
 * Price of a tick in a view. A quote that cannot be true (a side that is not above zero, a bid above
 * the ask) counts as missing; where the view's side is missing, the trade price takes its place.
 */
export function priceIn(view: PriceView, tick: Tick): number {
  const { price, bid, ask } = tick
  if (view === 'trade') return price
  if (bid !== undefined && (!(bid > 0) || (ask !== undefined && bid > ask))) return price
  if (ask !== undefined && !(ask > 0)) return price
  return (view === 'bid' ? bid : ask) ?? price
}
