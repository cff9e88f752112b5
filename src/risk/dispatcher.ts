import type { Decision } from '../domain/decision.ts'
import type { InstrumentId } from '../domain/ids.ts'
import type { TradingHours } from '../domain/instrument.ts'
import type { Position } from '../domain/position.ts'
import { viewOf, type PriceView, type Tick } from '../domain/tick.ts'
import type { Outcome } from './catch-up.ts'
import { fold } from './fold.ts'
import { PriceBoard } from './price-board.ts'
import type { PriceStream } from './price-stream.ts'
import { RuleTally } from './rule-tally.ts'
import type { RuleSet } from './rule.ts'
import { Timetable } from './timetable.ts'
import { WatchedPosition, type Armed, type Leg, type Ratchet } from './watched-position.ts'

/** What the dispatcher tells the rest of the system. Called in order of decision. */
export interface DispatcherOptions {
  /** Where the prices are kept; default: a board of its own. */
  readonly board?: PriceBoard
  /** The position became pending: its monitor must catch up. Once for each time. */
  wake(guard: WatchedPosition, dispatcher: Dispatcher): void
  /** A fold decided in the monitor's place. */
  exit(guard: WatchedPosition, decision: Decision): void
  /** Ticks that wait for pending positions of one stream before they are folded; default 4096. */
  backlogLimit?: number
  /** Segments of extremes kept for one stream before its positions re-arm; default 1024. */
  segmentLimit?: number
  /** A monitor took over prices of which some may be better: there are ratchets to be taken. */
  ratcheted?(): void
  /** A position has its decision: nothing fires for it any more. */
  decided?(guard: WatchedPosition): void
  /** A last tick younger than this is tested as soon as a position is opened, ms; default 0: never. */
  freshMs?: number
  /** When the market of an instrument is open; undefined: always. Default: every market, always. */
  hoursOf?(instrument: InstrumentId): TradingHours | undefined
}

/**
 * Carries each tick to the positions that it concerns and to nobody else: the trigger books, the
 * timetable of deadlines and the backlogs of pending positions. No actor; the feed calls it.
 */
export class Dispatcher {
  /** Number of the last tick, from 1. */
  seq = 0
  /** Time of the last event, epoch ms. */
  now = -Infinity
  /** What became of the rules, by name; counted where a catch-up is taken over. */
  readonly tally = new RuleTally()
  /** Decisions so far: who repeats those that nobody has recorded looks at them only when it grows. */
  decisions = 0
  /** Folds that could not even be committed. */
  foldErrors = 0
  /** The prices that have come. */
  readonly board: PriceBoard
  private readonly options: Required<Omit<DispatcherOptions, 'board'>>
  private readonly timetable = new Timetable<WatchedPosition>()
  private readonly crowd = { pending: 0 }
  private readonly fired: WatchedPosition[] = []
  private nextOrdinal = 0

  constructor({ board = new PriceBoard(), ...options }: DispatcherOptions) {
    this.board = board
    this.options = {
      backlogLimit: 4096,
      segmentLimit: 1024,
      freshMs: 0,
      ratcheted: () => undefined,
      decided: () => undefined,
      hoursOf: () => undefined,
      ...options,
    }
  }

  /** Positions whose monitors have yet to catch up. */
  get pending(): number {
    return this.crowd.pending
  }

  /**
   * Registers a position, from the ratchet of an earlier process if there is one. It is pending from
   * birth: the caller sees that its monitor catches up. A last tick that is fresh is tested at once.
   */
  open(position: Position, ruleSet: RuleSet, ratchet?: Ratchet): WatchedPosition {
    const guard = new WatchedPosition(position, ruleSet, this.nextOrdinal++)
    const view = viewOf(position.side, position.priceSource)
    guard.hours = this.options.hoursOf(position.instrument)
    guard.own = this.addLeg(guard, position.instrument, view)
    if (guard.underlying !== undefined) {
      const instrument = guard.underlying.instrument ?? position.underlying
      if (instrument !== undefined) guard.other = this.addLeg(guard, instrument, 'trade')
    }
    guard.crowd = this.crowd
    if (guard.usesAutoQuiet) guard.own.stream.followGaps()
    guard.since = this.seq + 1
    guard.lastAt = guard.own.stream.lastAt
    if (guard.lastAt === -Infinity) guard.quietFrom = this.now
    guard.quietMs = guard.own.stream.quietMs
    guard.count(1)
    if (ratchet !== undefined) guard.restore(ratchet)
    const { lastPrice, lastAt } = guard.own.stream
    if (lastAt > this.now - this.options.freshMs) {
      guard.first = { seq: this.seq, price: lastPrice, at: this.now }
    }
    return guard
  }

  /** Calls `take` with each ratchet that became stricter since it was last taken. */
  takeRatchets(take: (guard: WatchedPosition, ratchet: Ratchet) => void): void {
    for (const stream of this.board.streams()) {
      if (!stream.extremes.changed) continue
      // The best price of a pending position comes with its commit.
      stream.extremes.changed = stream.pending > 0
      for (const guard of stream.guards) {
        const ratchet = guard.takeRatchet()
        if (ratchet !== undefined) take(guard, ratchet)
      }
    }
  }

  /**
   * The clock was set by `byMs`: the ages of all prices stay what they are, and every position looks at
   * its deadlines again.
   */
  shift(byMs: number): void {
    const woken: WatchedPosition[] = []
    const { now } = this
    this.now += byMs
    for (const stream of this.board.streams()) {
      stream.shift(byMs)
      for (const guard of stream.guards) {
        if (guard.own.stream !== stream) continue
        guard.shift(byMs, now)
        if (guard.suspend(this.seq + 1)) woken.push(guard)
      }
    }
    for (const guard of woken) this.options.wake(guard, this)
  }

  /** Takes a position out: nothing fires for it any more. */
  close(guard: WatchedPosition): void {
    if (guard.closed) return
    guard.setPending(false)
    guard.closed = true
    this.timetable.remove(guard)
    for (const { stream, slot } of legsOf(guard)) {
      stream.book.remove(slot)
      stream.guards.delete(guard)
    }
  }

  /** Ticks of one stream that may wait for pending positions. */
  get backlogLimit(): number {
    return this.options.backlogLimit
  }

  /** Earliest time at which something is due, epoch ms; Infinity when nothing is. */
  get nextDue(): number {
    return this.timetable.earliest
  }

  /** Lets time pass to `at` (epoch ms): what was due before it fires. */
  advance(at: number): void {
    if (at > this.now) this.now = at
    if (this.timetable.earliest > at) return
    const due: WatchedPosition[] = []
    for (;;) {
      const guard = this.timetable.takeBefore(at)
      if (guard === undefined) break
      if (guard.suspend(this.seq + 1)) due.push(guard)
    }
    this.timetable.visitAt(at, guard => {
      if (!guard.pending) alwaysFire(guard)
    })
    for (const guard of due) this.options.wake(guard, this)
  }

  /** Takes one tick as the tick filter lets it pass, received at `at` (epoch ms). What was due before it fires first. */
  tick(tick: Tick, at: number): void {
    this.advance(at)
    const seq = ++this.seq
    const market = this.board.market(tick.instrument)
    if (market === undefined) return
    const { trade, bid, ask } = market
    const { fired } = this
    const { price } = tick
    if (trade !== undefined && !Number.isNaN(price)) trade.observe(price, seq, at, fired)
    if (bid !== undefined) bid.observeQuote(tick.bid, { trade: price, seq, at }, fired)
    if (ask !== undefined) ask.observeQuote(tick.ask, { trade: price, seq, at }, fired)
    if (fired.length > 0) this.wakeFired()
    if (trade !== undefined && trade.pending > 0) this.bound(trade)
    if (bid !== undefined && bid.pending > 0) this.bound(bid)
    if (ask !== undefined && ask.pending > 0) this.bound(ask)
  }

  /** Has the monitor of a position that was made pending catch up. */
  wake(guard: WatchedPosition): void {
    this.options.wake(guard, this)
  }

  /** Takes over what the monitor's catch-up found. A position that was closed meanwhile stays so. */
  commit(guard: WatchedPosition, outcome: Outcome): void {
    if (guard.closed || !guard.pending) return
    if (outcome.kind === 'exit') {
      this.decisions++
      this.tally.decided(guard, outcome.decision)
      guard.decision = outcome.decision
      this.close(guard)
      this.options.decided(guard)
      return
    }
    this.tally.evaluated(guard, outcome)
    guard.absorb(outcome)
    guard.setPending(false)
    const { extremes } = guard.own.stream
    guard.mark = extremes.mark()
    this.arm(guard, guard.isFrozen ? frozenBand(guard) : outcome)
    if (extremes.changed) this.options.ratcheted()
    if (extremes.size > this.options.segmentLimit) this.forgetSegments(guard.own.stream)
  }

  /** Marks a position pending: the next catch-up takes it over. */
  suspend(guard: WatchedPosition): void {
    guard.suspend(this.seq + 1)
  }

  /** Takes a decision that no monitor has made: it is told, and the position is closed. */
  conclude(guard: WatchedPosition, decision: Decision): void {
    if (guard.closed) return
    this.decisions++
    this.tally.decided(guard, decision)
    guard.decision = decision
    this.close(guard)
    this.options.decided(guard)
    this.options.exit(guard, decision)
  }

  /** Decides in place for a position whose monitor does not keep up; it stays pending. */
  foldOne(guard: WatchedPosition): void {
    if (guard.closed || !guard.pending) return
    const outcome = fold(guard, this.now)
    if (outcome.kind === 'armed') {
      this.tally.evaluated(guard, outcome)
      guard.absorb(outcome)
      guard.since = this.seq + 1
    } else {
      this.conclude(guard, outcome.decision)
    }
  }

  private arm(guard: WatchedPosition, { lo, hi, until }: Pick<Armed, 'lo' | 'hi' | 'until'>): void {
    // A time that is over comes from a fold whose rules threw: only the deadline is left to wait for.
    this.timetable.set(guard, until < this.now ? guard.merged.exitAt : until)
    const { stream, slot } = guard.own
    if (until <= this.now) alwaysFire(guard)
    else if (guard.sign === 1) stream.book.arm(slot, lo, hi)
    else stream.book.arm(slot, -hi, -lo)
    if (guard.other === undefined || this.now < guard.openedAt || guard.isFrozen) return
    const rule = guard.underlying!
    if (rule.needsAnchor && guard.anchor === undefined) fireAtOnce(guard.other)
    else {
      const { below = -Infinity, above = Infinity } = rule.bounds(guard.anchor)
      guard.other.stream.book.arm(guard.other.slot, below, above)
    }
  }

  /** A backlog that is full is folded: whoever still waits is brought up to date in place. */
  private bound(stream: PriceStream): void {
    if (stream.backlog.length < this.options.backlogLimit) return
    for (const guard of stream.guards) this.foldOne(guard)
    stream.backlog.clear()
  }

  private wakeFired(): void {
    const woken = this.fired.length === 1 ? [...this.fired] : this.fired.toSorted(byOrdinal)
    this.fired.length = 0
    for (const guard of woken) this.options.wake(guard, this)
  }

  /** Too many segments: every position of the stream takes its best price and arms afresh. */
  private forgetSegments(stream: PriceStream): void {
    const woken: WatchedPosition[] = []
    for (const guard of stream.guards) {
      if (guard.own.stream === stream && guard.suspend(this.seq + 1)) woken.push(guard)
    }
    stream.extremes.clear()
    for (const guard of woken) this.options.wake(guard, this)
  }

  private addLeg(guard: WatchedPosition, instrument: InstrumentId, view: PriceView): Leg {
    const stream = this.board.stream(instrument, view)
    stream.guards.add(guard)
    stream.lastOpenedAt = Math.max(stream.lastOpenedAt, guard.position.openedAt)
    return { stream, slot: stream.book.add(guard) }
  }
}

const frozenBand = ({ merged }: WatchedPosition): Pick<Armed, 'lo' | 'hi' | 'until'> => ({
  lo: merged.stop,
  hi: merged.target,
  until: merged.exitAt,
})

const legsOf = ({ own, other }: WatchedPosition): Leg[] =>
  other === undefined ? [own] : [own, other]

const byOrdinal = (a: WatchedPosition, b: WatchedPosition): number => a.ordinal - b.ordinal

/** The next tick of either instrument fires, whatever its price. */
function alwaysFire(guard: WatchedPosition): void {
  for (const leg of legsOf(guard)) fireAtOnce(leg)
}

const fireAtOnce = ({ stream, slot }: Leg): void => stream.book.arm(slot, Infinity, Infinity)
