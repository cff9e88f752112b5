import type { Decision } from '../domain/decision.ts'
import type { InstrumentId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import { viewOf, type PriceView, type Tick } from '../domain/tick.ts'
import { arm, fireOnNextTick, frozenBand, legsOf } from './arming.ts'
import type { Outcome } from './catch-up.ts'
import { DISPATCHER_DEFAULTS, type DispatcherOptions } from './dispatcher-options.ts'
import { fold } from './fold.ts'
import { PriceBoard } from './price-board.ts'
import type { PriceStream } from './price-stream.ts'
import { RuleTally } from './rule-tally.ts'
import type { RuleSet } from './rule.ts'
import { takeRows, type RatchetSink } from './stored-series.ts'
import { Timetable } from './timetable.ts'
import { watchedPosition, type WatchedPosition } from './watched-position.ts'
import type { Leg, Ratchet } from './watched-state.ts'

/**
 * Carries each tick to the positions that it concerns, and to no other: the trigger books, the
 * timetable of deadlines and the backlogs of pending positions. No actor; the feed calls it.
 */
export class Dispatcher {
  /** Number of the last tick, from 1. */
  seq = 0
  /** Time of the last event, epoch ms. */
  now = -Infinity
  /** What became of the rules, by name; counted where a catch-up is taken over. */
  readonly tally = new RuleTally()
  /** Decisions so far: decisions that are not on disk are searched for only when it grows. */
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
    this.options = { ...DISPATCHER_DEFAULTS, ...options }
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
    const guard = watchedPosition(position, ruleSet, this.nextOrdinal++)
    const view = viewOf(position.side, position.priceSource)
    const { underlying } = guard
    const derivesFrom = underlying && (underlying.instrument ?? position.underlying)
    const own = this.addLeg(guard, position.instrument, view)
    const other = derivesFrom && this.addLeg(guard, derivesFrom, 'trade')
    if (guard.staleQuote?.afterMs === 'auto') own.stream.followGaps()
    const { lastPrice, lastAt } = own.stream
    const { seq, now, crowd } = this
    const isFresh = lastAt > now - this.options.staleMs
    guard.enter({
      own,
      other,
      hours: this.options.hoursOf(position.instrument),
      crowd,
      since: seq + 1,
      now,
      first: isFresh ? { seq, price: lastPrice, at: now } : undefined,
    })
    if (ratchet !== undefined) guard.restore(ratchet)
    own.stream.series.enter(guard, lastAt > -Infinity)
    this.tally.entered(guard)
    return guard
  }

  /** Gives `sink` the rows that must be written for the best prices of now, for the last time also those of worst prices: see `StoredSeries`. */
  takeRatchets(sink: RatchetSink, isLast = false): void {
    for (const stream of this.board.streams()) {
      if (stream.series.isDue || (isLast && stream.series.isBehind)) takeRows(stream, this, sink)
    }
  }

  /** The clock was set by `byMs`: ages of prices stay, and every position evaluates its deadlines again. */
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
    guard.close()
    this.timetable.remove(guard)
    guard.own.stream.series.leave(guard)
    this.tally.left(guard)
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
      if (!guard.pending) fireOnNextTick(guard)
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
      this.decided(guard, outcome.decision)
      return
    }
    this.tally.evaluated(guard, outcome)
    const { extremes, series } = guard.own.stream
    guard.arm(outcome, extremes.mark())
    series.check(guard)
    arm(guard, this.timetable, {
      now: this.now,
      band: guard.isFrozen ? frozenBand(guard) : outcome,
    })
    if (series.isDue) this.options.ratcheted()
    if (extremes.size > this.options.segmentLimit) this.forgetSegments(guard.own.stream)
  }

  /** Marks a position pending: the next catch-up takes it over. */
  suspend(guard: WatchedPosition): void {
    guard.suspend(this.seq + 1)
  }

  /** Takes a decision that no monitor has made: it is handed on, and the position is closed. */
  conclude(guard: WatchedPosition, decision: Decision): void {
    if (guard.closed) return
    this.decided(guard, decision)
    this.options.exit(guard, decision)
  }

  /** Decides in place for a position whose monitor does not keep up; it stays pending. */
  foldOne(guard: WatchedPosition): void {
    if (guard.closed || !guard.pending) return
    const outcome = fold(guard, this.now)
    if (outcome.kind === 'armed') {
      this.tally.evaluated(guard, outcome)
      guard.absorb(outcome)
      guard.own.stream.series.check(guard)
      guard.passOver(this.seq + 1)
    } else {
      this.conclude(guard, outcome.decision)
    }
  }

  private decided(guard: WatchedPosition, decision: Decision): void {
    this.decisions++
    this.tally.decided(guard, decision)
    guard.decide(decision)
    this.close(guard)
    this.options.decided(guard)
  }

  /** A backlog that is full is folded: every position that still waits is brought up to date in place. */
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
    stream.forgetSegments()
    for (const guard of woken) this.options.wake(guard, this)
  }

  private addLeg(guard: WatchedPosition, instrument: InstrumentId, view: PriceView): Leg {
    const stream = this.board.stream(instrument, view)
    stream.guards.add(guard)
    stream.lastOpenedAt = Math.max(stream.lastOpenedAt, guard.position.openedAt)
    return { stream, slot: stream.book.add(guard) }
  }
}

const byOrdinal = (a: WatchedPosition, b: WatchedPosition): number => a.ordinal - b.ordinal
