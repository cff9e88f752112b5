import type { InstrumentId } from '../domain/ids.ts'
import { InstrumentTable } from '../domain/instrument.ts'
import type { Tick } from '../domain/tick.ts'
import { isOpenAt } from '../risk/hours.ts'
import { TickFilter } from '../risk/tick-filter.ts'

export interface TickIntakeOptions {
  readonly maxJumpPct?: number | undefined
  /** Time after which a tick that waits to be confirmed causes a warning, ms. */
  readonly confirmMs: number
  /** A tick whose own time is older shows a price but exits no position, ms. */
  readonly maxTickAgeMs?: number | undefined
  /**
   * The machine's clock while a change of it is not trusted yet, epoch ms: a tick's time that is right by either
   * clock is right. Undefined: the clocks agree.
   */
  machineNow?(): number | undefined
}

/**
 * Why a price was shown and not evaluated: `old` by its own time, `closed` outside its market's hours,
 * `ahead` where its own time lies in the future.
 */
export type Unevaluated = 'old' | 'closed' | 'ahead'

/** The last price of an instrument, where it was not evaluated. */
export interface ShownPrice {
  readonly why: Unevaluated
  readonly price: number
  /** The tick's own time, epoch ms. */
  readonly ts: number
  /** When it was received, epoch ms. */
  readonly at: number
}

/** A tick's own time that lies further ahead of the clock is wrong, ms. */
export const FUTURE_MS = 60_000

/** Decides which ticks of the feed may be evaluated. */
export class TickIntake {
  /** Ticks that were shown and not evaluated, by cause. */
  readonly unevaluated: Record<Unevaluated, number> = { old: 0, closed: 0, ahead: 0 }
  private readonly options: TickIntakeOptions
  private readonly instruments: InstrumentTable
  private readonly filter: TickFilter
  private readonly heldSince = new Map<
    InstrumentId,
    { readonly held: Tick; readonly since: number }
  >()
  private readonly shown = new Map<InstrumentId, ShownPrice>()
  private readonly aheadAt = new Map<InstrumentId, { readonly ts: number; readonly at: number }>()
  private readonly passed: Tick[] = []

  constructor(options: TickIntakeOptions, instruments = new InstrumentTable()) {
    const { maxJumpPct } = options
    this.options = options
    this.instruments = instruments
    this.filter = new TickFilter({
      ...(maxJumpPct !== undefined && { maxJumpPct }),
      mayBeNegative: name => instruments.of(name).mayBeNegative,
    })
  }

  /** Ticks that were dropped because their price is impossible. */
  get bad(): number {
    return this.filter.dropped
  }

  /**
   * The ticks that may be evaluated after this tick, received at `now` (epoch ms); read them before the next call.
   */
  accept(given: Tick, now: number): readonly Tick[] {
    const isSudden = this.isAhead(given.ts, now) && !this.aheadAt.has(given.instrument)
    const tick = this.takeTime(given, now)
    const why = isSudden ? 'ahead' : this.whyUnevaluated(tick, now)
    if (why === undefined) return this.takePrice(tick, now)
    this.passed.length = 0
    this.show(tick, why, now)
    return this.passed
  }

  /** The same for a missed tick. One that shall not be evaluated passes too: `useOfMissed` says what it is good for. */
  acceptMissed(given: Tick, now: number): readonly Tick[] {
    const tick = this.takeTime(given, now)
    const passed = this.takePrice(tick, now)
    const why = this.whyUnevaluated(tick, now)
    if (why !== undefined) this.show(tick, why, now)
    return passed
  }

  /**
   * What a missed tick is good for at `now`. A price from outside the market's hours is no price of the market. One from
   * its hours was reached, and so it counts for best prices, also where it is too old to exit a position now, or the
   * market is closed by now.
   */
  useOfMissed(tick: Tick, now: number): 'exits' | 'best-price' | 'none' {
    if (this.isClosed(tick.instrument, tick.ts)) return 'none'
    return this.whyUnevaluated(tick, now) === undefined ? 'exits' : 'best-price'
  }

  /** Why a tick shows a price and exits no position; undefined: it is evaluated. */
  private whyUnevaluated({ instrument, ts }: Tick, now: number): Unevaluated | undefined {
    const { maxTickAgeMs } = this.options
    if (maxTickAgeMs !== undefined && now - ts > maxTickAgeMs) {
      const other = this.options.machineNow?.()
      if (other === undefined || other - ts > maxTickAgeMs || ts - other > FUTURE_MS) return 'old'
    }
    return this.isClosed(instrument, now) ? 'closed' : undefined
  }

  /** Whether the market of an instrument is closed at `at` (epoch ms). */
  isClosed(instrument: InstrumentId, at: number): boolean {
    const { hours } = this.instruments.of(instrument)
    return hours !== undefined && !isOpenAt(hours, at)
  }

  /**
   * A time ahead of the clock does not show the age of a price. The first price with such a time is not evaluated,
   * as it may be old. Later ones were seen to arrive, and count as of their receipt: a clock that is set back must
   * not make every price useless.
   */
  private takeTime(tick: Tick, now: number): Tick {
    if (!this.isAhead(tick.ts, now)) {
      if (this.aheadAt.size > 0) this.aheadAt.delete(tick.instrument)
      return tick
    }
    this.aheadAt.set(tick.instrument, { ts: tick.ts, at: now })
    return { ...tick, ts: now }
  }

  private isAhead(ts: number, now: number): boolean {
    if (!(ts > now + FUTURE_MS)) return false
    const other = this.options.machineNow?.()
    return other === undefined || ts > other + FUTURE_MS
  }

  private show({ instrument, price, ts }: Tick, why: Unevaluated, at: number): void {
    this.unevaluated[why]++
    this.shown.set(instrument, { why, price, ts, at })
  }

  private takePrice(tick: Tick, now: number): readonly Tick[] {
    const { passed, filter } = this
    passed.length = 0
    filter.accept(tick, passed)
    if (this.shown.size > 0) this.shown.delete(tick.instrument)
    const held = filter.heldTick(tick.instrument)
    if (held === undefined) {
      if (this.heldSince.size > 0) this.heldSince.delete(tick.instrument)
    } else if (this.heldSince.get(tick.instrument)?.held !== held) {
      this.heldSince.set(tick.instrument, { held, since: now })
    }
    return passed
  }

  /** The last price of an instrument, if it was not evaluated. */
  shownPrice(instrument: InstrumentId): ShownPrice | undefined {
    return this.shown.get(instrument)
  }

  /** Instruments whose price has waited too long to be confirmed, and for how long, ms. */
  unconfirmed(now: number): [InstrumentId, forMs: number][] {
    return [...this.heldSince]
      .map(([instrument, { since }]): [InstrumentId, number] => [instrument, now - since])
      .filter(([, forMs]) => forMs > this.options.confirmMs)
  }

  /** Moves every time of receipt along with the clock. */
  shift(byMs: number): void {
    for (const [name, { held, since }] of this.heldSince) {
      this.heldSince.set(name, { held, since: since + byMs })
    }
    for (const [name, shown] of this.shown) this.shown.set(name, { ...shown, at: shown.at + byMs })
    this.aheadAt.clear()
  }

  /** Instruments whose prices came while their market was closed, within the last minute before `now`. */
  outsideHours(now: number): InstrumentId[] {
    return [...this.shown]
      .filter(([, { why, at }]) => why === 'closed' && now - at < RECENT_MS)
      .map(([instrument]) => instrument)
  }

  /** Instruments whose last time lay ahead, and by how much, ms. */
  aheadBy(): [InstrumentId, byMs: number][] {
    return [...this.aheadAt].map(([instrument, { ts, at }]) => [instrument, ts - at])
  }
}

/** Time for which a price from outside the hours is reported, ms. */
const RECENT_MS = 60_000
