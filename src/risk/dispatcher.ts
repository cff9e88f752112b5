import type { Decision } from '../domain/decision.ts'
import { viewOf, type Tick } from '../domain/tick.ts'
import { AccountSink, type Opening, type SinkOptions } from './account-sink.ts'
import { arm, fireOnNextTick, frozenBand, legsOf } from './arming.ts'
import type { Outcome } from './catch-up.ts'
import { DISPATCHER_DEFAULTS, type DispatcherOptions } from './dispatcher-options.ts'
import { fold } from './fold.ts'
import type { PriceBoard, WatchedStream } from './price-board.ts'
import { readsGaps } from './quiet.ts'
import { Timetable } from './timetable.ts'
import { watchedPosition, type WatchedPosition } from './watched-position.ts'

/**
 * Carries each tick to the positions that it concerns, and to no other: the trigger books, the timetable of
 * deadlines and the backlogs of pending positions, once for all accounts of a process. Each account has a sink
 * here. No actor; the intake of ticks calls it.
 */
export class Dispatcher {
  /** Number of the last tick, from 1. */
  seq = 0
  /** Time of the last event, epoch ms. */
  now = -Infinity
  private readonly options: Required<DispatcherOptions>
  private readonly boards = new Set<PriceBoard>()
  private readonly timetable = new Timetable<WatchedPosition>()
  private readonly fired: WatchedPosition[] = []
  private nextOrdinal = 0

  constructor(options: DispatcherOptions = {}) {
    this.options = { ...DISPATCHER_DEFAULTS, ...options }
  }

  /** Takes an account, whose positions compare the prices of its board. */
  join(options: SinkOptions): AccountSink {
    this.boards.add(options.board)
    return new AccountSink(this, options)
  }

  /** Takes every position of an account out: nothing fires for them any more. */
  leave(sink: AccountSink): void {
    for (const { positions } of sink.streams())
      for (const watched of positions) if (watched.sink === sink) this.close(watched)
  }

  /** Registers a position of an account; see `AccountSink.open`. */
  register(sink: AccountSink, opening: Opening): WatchedPosition {
    const { position, ratchet } = opening
    const watched = watchedPosition(sink, opening, this.nextOrdinal++)
    const view = viewOf(position.side, position.priceSource)
    const { underlying } = watched
    const derivesFrom = underlying && (underlying.instrument ?? position.underlying)
    const own = sink.take(watched, position.instrument, view)
    const other = derivesFrom && sink.take(watched, derivesFrom, 'trade')
    if (readsGaps(opening.ruleSet)) own.stream.followGaps()
    const { lastPrice, lastAt } = own.stream
    const { seq, now } = this
    const isFresh = lastAt > now - sink.staleMs
    watched.enter({
      own,
      other,
      hours: sink.hoursOf(position.instrument),
      since: seq + 1,
      now,
      first: isFresh ? { seq, price: lastPrice, at: now } : undefined,
    })
    if (ratchet !== undefined) watched.restore(ratchet)
    own.part.enter(watched, lastAt > -Infinity)
    sink.tally.entered(watched)
    return watched
  }

  /** The clock was set by `byMs`: ages of prices stay, and every position evaluates its deadlines again. */
  shift(byMs: number): void {
    const woken: WatchedPosition[] = []
    const { now } = this
    this.now += byMs
    for (const board of this.boards) {
      for (const stream of board.streams()) {
        stream.shift(byMs)
        for (const watched of stream.positions) {
          if (watched.own.stream !== stream) continue
          watched.shift(byMs, now)
          if (watched.suspend(this.seq + 1)) woken.push(watched)
        }
      }
    }
    for (const watched of woken) watched.sink.wake(watched)
  }

  /** Takes a position out: nothing fires for it any more. */
  close(watched: WatchedPosition): void {
    if (watched.closed) return
    watched.close()
    this.timetable.remove(watched)
    const { sink, own } = watched
    own.part.leave(watched)
    sink.tally.left(watched)
    for (const { stream, slot, part } of legsOf(watched)) {
      stream.book.remove(slot)
      stream.positions.delete(watched)
      sink.leave(part)
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
      const watched = this.timetable.takeBefore(at)
      if (watched === undefined) break
      if (watched.suspend(this.seq + 1)) due.push(watched)
    }
    this.timetable.visitAt(at, watched => {
      if (!watched.pending) fireOnNextTick(watched)
    })
    for (const watched of due) watched.sink.wake(watched)
  }

  /**
   * Takes one tick of a board as the tick filter lets it pass, received at `at` (epoch ms). What was due before
   * it fires first.
   */
  tick(tick: Tick, at: number, board: PriceBoard): void {
    this.advance(at)
    const seq = ++this.seq
    const market = board.market(tick.instrument)
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

  /** Takes over what the monitor's catch-up found. A position that was closed meanwhile stays so. */
  commit(watched: WatchedPosition, outcome: Outcome): void {
    if (watched.closed || !watched.pending) return
    if (outcome.kind === 'exit') {
      this.decided(watched, outcome.decision)
      return
    }
    watched.sink.tally.evaluated(watched, outcome)
    const { stream, part } = watched.own
    const { extremes } = stream
    watched.arm(outcome, extremes.mark())
    part.check(watched)
    arm(watched, this.timetable, {
      now: this.now,
      band: watched.isFrozen ? frozenBand(watched) : outcome,
    })
    if (extremes.size > this.options.segmentLimit) this.forgetSegments(stream)
  }

  /** Marks a position pending: the next catch-up takes it over. */
  suspend(watched: WatchedPosition): void {
    watched.suspend(this.seq + 1)
  }

  /** Takes a decision that no monitor has made: it is handed on, and the position is closed. */
  conclude(watched: WatchedPosition, decision: Decision): void {
    if (watched.closed) return
    this.decided(watched, decision)
    watched.sink.exit(watched, decision)
  }

  /** Decides in place for a position whose monitor does not keep up; it stays pending. */
  foldOne(watched: WatchedPosition): void {
    if (watched.closed || !watched.pending) return
    const outcome = fold(watched, this.now)
    if (outcome.kind === 'armed') {
      watched.sink.tally.evaluated(watched, outcome)
      watched.absorb(outcome)
      watched.own.part.check(watched)
      watched.passOver(this.seq + 1)
    } else {
      this.conclude(watched, outcome.decision)
    }
  }

  private decided(watched: WatchedPosition, decision: Decision): void {
    watched.decide(decision)
    this.close(watched)
    watched.sink.decided(watched, decision)
  }

  /** A backlog that is full is folded: every position that still waits is brought up to date in place. */
  private bound(stream: WatchedStream): void {
    if (stream.backlog.length < this.options.backlogLimit) return
    for (const watched of stream.positions) {
      try {
        this.foldOne(watched)
      } catch {
        watched.sink.foldErrors++
      }
    }
    stream.backlog.clear()
  }

  private wakeFired(): void {
    const woken = this.fired.length === 1 ? [...this.fired] : this.fired.toSorted(byOrdinal)
    this.fired.length = 0
    for (const watched of woken) watched.sink.wake(watched)
  }

  /** Too many segments: every position of the stream takes its best price and arms afresh. */
  private forgetSegments(stream: WatchedStream): void {
    const woken: WatchedPosition[] = []
    for (const watched of stream.positions) {
      if (watched.own.stream === stream && watched.suspend(this.seq + 1)) woken.push(watched)
    }
    stream.forgetSegments()
    for (const watched of woken) watched.sink.wake(watched)
  }
}

const byOrdinal = (a: WatchedPosition, b: WatchedPosition): number => a.ordinal - b.ordinal
