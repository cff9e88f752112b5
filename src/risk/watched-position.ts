import type { Decision } from '../domain/decision.ts'
import type { TradingHours } from '../domain/instrument.ts'
import { signOf, type Position } from '../domain/position.ts'
import { slackScale } from './band.ts'
import type { Entrance, PositionSink, Leg, Opened } from './leg.ts'
import { noLevels, type LastGood, type Merged } from './merge.ts'
import type { RuleSet, StaleQuoteRule, UnderlyingRule } from './rule.ts'
import { StoredRow } from './stored-row.ts'
import type { Timed } from './timetable.ts'
import type { Armed, FirstTick, Ratchet } from './watched-state.ts'
import { WorstPrice } from './worst-price.ts'

/**
 * State of one guarded position outside its monitor: a new incarnation of the monitor starts where the last one had
 * committed. Prices are mirrored. Only its methods change it.
 */
class Watched implements Timed {
  readonly position: Position
  readonly ruleSet: RuleSet
  /** Order of registration: breaks ties between positions that fire together. */
  readonly ordinal: number
  readonly sign: 1 | -1
  readonly scale: number
  readonly underlying: UnderlyingRule | undefined
  /** Only a rule whose action is to exit. */
  readonly staleQuote: StaleQuoteRule | undefined
  /** When the market of its instrument is open; undefined: always. */
  hours: TradingHours | undefined
  /** From when on prices count, by their times of receipt, epoch ms. It moves with the clock, so that a clock that is set back hides no price; rules see `position.openedAt`. */
  openedAt: number
  own!: Leg<WatchedPosition>
  /** Its account at the dispatcher. */
  readonly sink: PositionSink<WatchedPosition>
  other: Leg<WatchedPosition> | undefined

  best: number
  anchor: number | undefined
  lo = Infinity
  hi = -Infinity
  levelsUntil: number
  until: number
  lastAt = -Infinity
  /** Epoch ms from which its instrument counts as quiet, where it never had a price in this process. */
  quietFrom = -Infinity
  quietMs = Infinity
  merged: Merged = noLevels()
  evaluatedAt: number
  /** When its monitor was woken last, monotonic ms; NaN: never. */
  wokenAt = NaN
  /** Rules that are counted as armed: bit `1 << index`. */
  armedRules = 0
  /** Catch-ups that went well: a monitor that gets on is not crashing in a row. */
  catchUps = 0
  /** Where in the own stream's extremes the band was armed. */
  mark = 0

  /** Ticks from `since` on are in the backlog and wait for the monitor. */
  pending = true
  since = 0
  closed = false
  /** Its rules are not evaluated any more: the levels of `merged` stay as they are. */
  isFrozen = false
  /** Catch-ups in a row in which a rule threw; its last levels were taken. */
  ruleErrors = 0
  /** The price that was there when the position came, until it is tested. */
  first: FirstTick | undefined
  /** Once it is made. It is repeated until the ledger has it. */
  decision: Decision | undefined
  isDecisionRecorded = false
  heapIndex = -1
  /** Its row in the store; it never becomes looser. */
  stored: StoredRow
  readonly worst: WorstPrice

  constructor(sink: PositionSink<WatchedPosition>, { position, ruleSet }: Opened, ordinal: number) {
    this.sink = sink
    this.position = position
    this.ruleSet = ruleSet
    this.ordinal = ordinal
    this.sign = signOf(position.side)
    this.scale = slackScale(position.entryPrice)
    this.best = this.sign * position.entryPrice
    this.stored = new StoredRow(this.best)
    this.worst = new WorstPrice(this.best, this.sign)
    this.openedAt = position.openedAt
    this.levelsUntil = position.openedAt
    this.until = position.openedAt
    this.evaluatedAt = position.openedAt
    for (const rule of ruleSet.rules) {
      if (rule.kind === 'underlying') this.underlying = rule
      if (rule.kind === 'stale-quote' && rule.action === 'exit') this.staleQuote = rule
    }
  }

  /** Takes its place with a dispatcher. It is pending from the first tick on. */
  enter({ own, other, hours, since, now, first }: Entrance<WatchedPosition>): void {
    this.own = own
    this.other = other
    this.hours = hours
    this.since = since
    this.lastAt = own.stream.lastAt
    if (this.lastAt === -Infinity) this.quietFrom = now
    this.quietMs = own.stream.quietMs
    this.first = first
    this.worst.begin(own.stream, first, this.openedAt)
    this.count(1)
  }

  /** Marks it pending from tick `seq` on, before that tick counts: best price and age are those of now. False: it was pending, or is closed. */
  suspend(seq: number): boolean {
    if (this.pending || this.closed) return false
    const { stream } = this.own
    this.best = this.bestNow()
    this.lastAt = stream.lastAt
    this.quietMs = stream.quietMs
    this.since = seq
    this.pending = true
    this.count(1)
    this.own.stream.book.disarm(this.own.slot)
    this.other?.stream.book.disarm(this.other.slot)
    return true
  }

  /** Best price so far, mirrored, with every tick of the own stream that counts. */
  bestNow(): number {
    const { stream } = this.own
    if (this.pending || this.evaluatedAt < this.openedAt) return this.best
    return Math.max(this.best, stream.extremes.bestSince(this.mark, this.sign))
  }

  /** Moves its times of receipt along with the clock, at `now` (epoch ms, before the move). */
  shift(byMs: number, now: number): void {
    if (this.openedAt <= now) this.openedAt += byMs
    this.lastAt += byMs
    this.quietFrom += byMs
    this.evaluatedAt += byMs
    if (this.first !== undefined) this.first = { ...this.first, at: this.first.at + byMs }
  }

  /** Ticks before `seq` are seen. */
  passOver(seq: number): void {
    this.since = seq
  }

  /** Takes a better best price of the past, as it is. The band was made without it: the next tick evaluates. */
  improve(price: number): void {
    this.best = this.sign * price
    this.lo = Infinity
  }

  /** Keeps these levels: its rules are not asked any more. */
  freeze(levels: Merged): void {
    this.merged = levels
    this.isFrozen = true
  }

  /** Its rules are asked again, from the next catch-up on: the band of the time before is not theirs. */
  thaw(): void {
    this.isFrozen = false
    this.lo = Infinity
  }

  /** Its monitor is woken, at `monotonicMs`. */
  woken(monotonicMs: number): void {
    this.wokenAt = monotonicMs
  }

  countArmed(rules: number): void {
    this.armedRules = rules
  }

  /** The decision is made. */
  decide(decision: Decision): void {
    this.decision = decision
  }

  /** The decision is on disk. */
  decisionRecorded(): void {
    this.isDecisionRecorded = true
  }

  /** Nothing fires for it any more. */
  close(): void {
    if (this.pending) this.count(-1)
    this.pending = false
    this.closed = true
  }

  /** Starts from what an earlier process had got to; the stricter of both best prices counts. */
  restore({ best, worst, anchor }: Ratchet): void {
    this.best = Math.max(this.best, this.sign * best)
    this.worst.restore(worst)
    this.anchor = anchor
    this.stored = new StoredRow(this.best, anchor)
  }

  /** The ratchet as it is now. */
  ratchet(): Ratchet {
    const { anchor } = this
    const ratchet = { best: this.sign * this.bestNow(), ...this.worst.stored(this.openedAt) }
    return anchor === undefined ? ratchet : { ...ratchet, anchor }
  }

  /** The last evaluation that was committed. */
  lastGood(): LastGood {
    return { best: this.sign * this.best, at: this.evaluatedAt, merged: this.merged }
  }

  /** Takes over what a catch-up found, armed from `mark` of the extremes on: it waits for a trigger now. */
  arm(armed: Armed, mark: number): void {
    if (this.evaluatedAt < this.openedAt) this.worst.restart(mark)
    this.absorb(armed)
    this.pending = false
    this.count(-1)
    this.mark = mark
  }

  /** Takes over what a catch-up found; does not touch whether the position is pending. */
  absorb(armed: Armed): void {
    this.catchUps++
    // A fold of levels that stay as they are has asked no rule.
    if (armed.merged !== this.merged) {
      this.ruleErrors = armed.merged.errors === 0 ? 0 : this.ruleErrors + 1
    }
    this.first = undefined
    this.best = armed.best
    this.anchor = armed.anchor
    this.lo = armed.lo
    this.hi = armed.hi
    this.levelsUntil = armed.levelsUntil
    this.lastAt = armed.lastAt
    this.quietMs = armed.quietMs
    this.merged = armed.merged
    this.evaluatedAt = armed.evaluatedAt
  }

  /** Adds `by` to the pending counts of the position's streams. */
  private count(by: 1 | -1): void {
    this.sink.pending += by
    this.own.stream.countPending(by)
    this.other?.stream.countPending(by)
  }
}

/** A watched position as every other file sees it: no field of it can be written there. */
export type WatchedPosition = Readonly<Watched>

export const watchedPosition = (...given: ConstructorParameters<typeof Watched>): WatchedPosition =>
  new Watched(...given)
