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

/** Price of a tick in a view. A missing, non-positive or crossed quote falls back to the trade price. */
export function priceIn(view: PriceView, tick: Tick): number {
  if (view === 'trade') return tick.price
  const { bid, ask } = tick
  if (bid !== undefined && ask !== undefined && bid > ask) return tick.price
  const quoted = view === 'bid' ? bid : ask
  return quoted !== undefined && quoted > 0 ? quoted : tick.price
}
