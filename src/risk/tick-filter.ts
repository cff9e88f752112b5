import type { InstrumentId } from '../domain/ids.ts'
import { isPrice, isSameTick, quotedIn, type PriceView, type Tick } from '../domain/tick.ts'

export interface TickFilterOptions {
  /** Largest believable move of a price from one tick to the next, percent; undefined: any. */
  readonly maxJumpPct?: number
  /** Whether prices of an instrument may be 0 and below; default: none may. */
  mayBeNegative?(instrument: InstrumentId): boolean
}

/** What is known of an instrument's prices in one view; NaN and undefined: nothing. */
interface View {
  good: number
  /** A price beyond the limit that waits for the next one, and the tick that it came in. */
  held: number
  heldIn: Tick | undefined
}

type Seen = Readonly<Record<PriceView, View>>

const VIEWS = ['trade', 'bid', 'ask'] as const
const emptyView = (): View => ({ good: NaN, held: NaN, heldIn: undefined })
const onlyPositive = (): boolean => false

/**
 * Keeps prices that cannot be true away from everything behind it. A side of a quote that is missing
 * or crossed is left out; a tick without any price is dropped.
 *
 * With `maxJumpPct` each view of an instrument (trade, bid, ask) is judged by itself: a price beyond
 * it is held until the next tick. Nearer to the held price than to the last good one, that tick
 * confirms it, and both pass in order; else the held price is dropped. Meanwhile the other views of a
 * tick pass with the last good price in place of the held one, so that a wrong ask blinds no bid. A
 * copy of the tick that is held (time and figures the same) confirms nothing.
 */
export class TickFilter {
  /** Prices dropped so far: ticks without a usable price, and jumps that were not confirmed. */
  dropped = 0
  private readonly maxJumpPct: number
  private readonly mayBeNegative: (instrument: InstrumentId) => boolean
  private readonly seen = new Map<InstrumentId, Seen>()

  constructor({ maxJumpPct = Infinity, mayBeNegative = onlyPositive }: TickFilterOptions = {}) {
    this.maxJumpPct = maxJumpPct
    this.mayBeNegative = mayBeNegative
  }

  /** Instruments with a price that is held at present. */
  get held(): number {
    let count = 0
    for (const seen of this.seen.values()) if (isHolding(seen)) count++
    return count
  }

  /** The last tick of an instrument with a price that is held at present. */
  heldTick(instrument: InstrumentId): Tick | undefined {
    const seen = this.seen.get(instrument)
    return seen && (seen.trade.heldIn ?? seen.bid.heldIn ?? seen.ask.heldIn)
  }

  /** Adds to `out` the ticks that may now be evaluated: none, this one, or the held one first. */
  accept(tick: Tick, out: Tick[]): void {
    const usable = this.usable(tick)
    if (usable === undefined) this.dropped++
    else if (this.maxJumpPct === Infinity) out.push(usable)
    else this.confirm(usable, out)
  }

  /** The tick with nothing but prices that can be; undefined where none is left. */
  private usable(tick: Tick): Tick | undefined {
    const { price, bid, ask } = tick
    const mayBeNegative =
      price > 0 && bid === undefined ? false : this.mayBeNegative(tick.instrument)
    const isTraded = isPrice(price, mayBeNegative)
    if (bid === undefined && ask === undefined) return isTraded ? tick : undefined
    const goodBid = quotedIn('bid', tick, mayBeNegative)
    const goodAsk = quotedIn('ask', tick, mayBeNegative)
    if (isTraded && goodBid === bid && goodAsk === ask) return tick
    if (!isTraded && goodBid === undefined && goodAsk === undefined) return undefined
    return withPrices(tick, isTraded ? price : NaN, goodBid, goodAsk)
  }

  private confirm(tick: Tick, out: Tick[]): void {
    const seen = this.seenOf(tick.instrument)
    if (VIEWS.some(view => isSameTick(tick, seen[view].heldIn))) return
    // As things stood before this tick: what it confirms is older than its other prices.
    const before = VIEWS.map(view => {
      const { heldIn } = seen[view]
      return heldIn === undefined ? undefined : alone(heldIn, view, seen)
    })
    VIEWS.forEach((view, index) => {
      if (this.judge(seen[view], inView(tick, view), tick)) out.push(before[index]!)
    })
    const passed = withoutHeld(tick, seen)
    if (passed !== undefined) out.push(passed)
  }

  /** Takes the next price of a view; says whether it confirms the one that was held. */
  private judge(view: View, price: number, tick: Tick): boolean {
    if (Number.isNaN(price)) return false
    const { good, held } = view
    view.held = NaN
    view.heldIn = undefined
    const isConfirmed = Math.abs(price - held) < Math.abs(price - good)
    if (!isConfirmed && !Number.isNaN(held)) this.dropped++
    if (!isConfirmed && Math.abs(price - good) * 100 > Math.abs(good) * this.maxJumpPct) {
      view.held = price
      view.heldIn = tick
    } else view.good = price
    return isConfirmed
  }

  private seenOf(instrument: InstrumentId): Seen {
    let seen = this.seen.get(instrument)
    if (seen === undefined) {
      seen = { trade: emptyView(), bid: emptyView(), ask: emptyView() }
      this.seen.set(instrument, seen)
    }
    return seen
  }
}

const inView = (tick: Tick, view: PriceView): number =>
  (view === 'trade' ? tick.price : tick[view]) ?? NaN

const isHolding = ({ trade, bid, ask }: Seen): boolean =>
  trade.heldIn !== undefined || bid.heldIn !== undefined || ask.heldIn !== undefined

/** A held tick as it is shown once `view` is confirmed: the other views stand at their last good prices. */
function alone(tick: Tick, view: PriceView, seen: Seen): Tick {
  const priceOf = (other: PriceView): number | undefined => {
    if (other === view) return inView(tick, view)
    return Number.isNaN(seen[other].good) ? undefined : seen[other].good
  }
  return withPrices(tick, priceOf('trade') ?? NaN, priceOf('bid'), priceOf('ask'))
}

/** A tick with the last good price of a view where its own is held; undefined: nothing of it is news. */
function withoutHeld(tick: Tick, seen: Seen): Tick | undefined {
  if (!VIEWS.some(view => seen[view].heldIn === tick)) return tick
  const isNews = VIEWS.some(view => seen[view].heldIn !== tick && !Number.isNaN(inView(tick, view)))
  if (!isNews) return undefined
  const sideOf = (view: 'bid' | 'ask'): number | undefined =>
    seen[view].heldIn === tick ? seen[view].good : tick[view]
  return withPrices(
    tick,
    seen.trade.heldIn === tick ? seen.trade.good : tick.price,
    sideOf('bid'),
    sideOf('ask'),
  )
}

function withPrices(
  { bid: _bid, ask: _ask, ...rest }: Tick,
  price: number,
  bid: number | undefined,
  ask: number | undefined,
): Tick {
  return { ...rest, price, ...(bid !== undefined && { bid }), ...(ask !== undefined && { ask }) }
}
