import type { InstrumentId } from '../domain/ids.ts'
import type { Tick } from '../domain/tick.ts'
import { TickFilter } from '../risk/tick-filter.ts'

export interface TickGateOptions {
  readonly maxJumpPct?: number | undefined
  /** A held tick that waits longer for the next one is a warning, ms. */
  readonly confirmMs: number
  /** A tick whose own time is older shows a price but exits nobody, ms. */
  readonly maxTickAgeMs?: number | undefined
}

/** A price that was too old when it came. */
export interface OldPrice {
  readonly price: number
  /** The tick's own time, epoch ms. */
  readonly ts: number
}

/** Decides which ticks of the feed may be evaluated. */
export class TickGate {
  /** Ticks that came too late to be evaluated. */
  tooOld = 0
  private readonly options: TickGateOptions
  private readonly filter: TickFilter
  private readonly heldSince = new Map<InstrumentId, number>()
  private readonly oldPrices = new Map<InstrumentId, OldPrice>()
  private readonly passed: Tick[] = []

  constructor(options: TickGateOptions) {
    const { maxJumpPct } = options
    this.options = options
    this.filter = new TickFilter(maxJumpPct === undefined ? {} : { maxJumpPct })
  }

  /** Ticks that were dropped because their price cannot be. */
  get bad(): number {
    return this.filter.dropped
  }

  /** The ticks that may now be evaluated, received at `now` (epoch ms); read them before the next call. */
  accept(tick: Tick, now: number): readonly Tick[] {
    if (!this.isTooOld(tick, now)) return this.filtered(tick, now)
    this.passed.length = 0
    this.noteOld(tick)
    return this.passed
  }

  /**
   * The same for a tick that was missed when it came. One that is too old passes too: for whoever
   * asks, it may count for best prices, and for nothing else.
   */
  acceptMissed(tick: Tick, now: number): readonly Tick[] {
    const passed = this.filtered(tick, now)
    if (this.isTooOld(tick, now)) this.noteOld(tick)
    return passed
  }

  /** Whether a tick shows a price and exits nobody. */
  isTooOld({ ts }: Tick, now: number): boolean {
    const { maxTickAgeMs } = this.options
    return maxTickAgeMs !== undefined && now - ts > maxTickAgeMs
  }

  private noteOld({ instrument, price, ts }: Tick): void {
    this.tooOld++
    this.oldPrices.set(instrument, { price, ts })
  }

  private filtered(tick: Tick, now: number): readonly Tick[] {
    const { passed, filter } = this
    passed.length = 0
    filter.accept(tick, passed)
    if (this.oldPrices.size > 0) this.oldPrices.delete(tick.instrument)
    if (filter.holds(tick.instrument)) this.heldSince.set(tick.instrument, now)
    else if (this.heldSince.size > 0) this.heldSince.delete(tick.instrument)
    return passed
  }

  /** The last price of an instrument, if it was too old to be evaluated. */
  oldPrice(instrument: InstrumentId): OldPrice | undefined {
    return this.oldPrices.get(instrument)
  }

  /** Instruments with a price that waits too long to be confirmed, and for how long, ms. */
  unconfirmed(now: number): [InstrumentId, forMs: number][] {
    return [...this.heldSince]
      .map(([instrument, since]): [InstrumentId, number] => [instrument, now - since])
      .filter(([, forMs]) => forMs > this.options.confirmMs)
  }
}
