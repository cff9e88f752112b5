import type { Decision } from '../domain/decision.ts'
import type { InstrumentId } from '../domain/ids.ts'
import type { TradingHours } from '../domain/instrument.ts'
import type { Position } from '../domain/position.ts'
import type { PriceView } from '../domain/tick.ts'
import type { PositionSink, Leg, Opened } from './leg.ts'
import type { PriceBoard, WatchedStream } from './price-board.ts'
import { RuleTally } from './rule-tally.ts'
import type { RuleSet } from './rule.ts'
import { standIn, type StandInDeps } from './stand-in.ts'
import { StreamPart, takeRows, type RatchetSink } from './stream-part.ts'
import type { WatchedPosition } from './watched-position.ts'
import type { Ratchet } from './watched-state.ts'

/** What the dispatcher calls for the positions of one account, in order of decision. */
export interface SinkOptions {
  /** The prices that the account's positions compare; accounts of one feed share it. */
  readonly board: PriceBoard
  /** The position became pending: its monitor must catch up. Once for each time. */
  wake(watched: WatchedPosition): void
  /** A fold decided in the monitor's place. */
  exit(watched: WatchedPosition, decision: Decision): void
  /** A row of a best price must be written: `takeRatchets` gives it. */
  ratcheted?(): void
  /** A position has its decision: nothing fires for it any more. */
  decided?(watched: WatchedPosition): void
  /** A position compares an instrument that none of the account did. */
  compares?(instrument: InstrumentId): void
  /** One of these calls has thrown: `what` it was for. */
  failed?(what: string, error: unknown): void
  /** A last tick younger than this is tested as soon as a position is opened, ms; default 0: never. */
  staleMs?: number
  /** When the market of an instrument is open; undefined: always. Default: every market, always. */
  hoursOf?(instrument: InstrumentId): TradingHours | undefined
}

/** A position that comes under guard. */
export interface Opening extends Opened {
  readonly ratchet: Ratchet | undefined
}

/** What takes the positions of every account; see `Dispatcher`. */
interface PositionRegistry extends StandInDeps {
  register(sink: AccountSink, opening: Opening): WatchedPosition
}

/**
 * One account at the dispatcher: its positions are opened, woken, decided and ratcheted through it. What it
 * throws concerns its own position alone (P4).
 */
export class AccountSink implements PositionSink<WatchedPosition> {
  /** What became of the rules, by name; counted where a catch-up is taken over. */
  readonly tally = new RuleTally()
  /** Decisions so far: decisions that are not on disk are searched for only when it grows. */
  decisions = 0
  /** Folds that could not even be committed. */
  foldErrors = 0
  /** Positions whose monitors have yet to catch up. */
  pending = 0
  readonly board: PriceBoard
  readonly staleMs: number
  private readonly dispatcher: PositionRegistry
  private readonly options: SinkOptions
  private readonly parts = new Map<WatchedStream, StreamPart<WatchedPosition>>()
  /** Parts with rows that must be written; one that is not due any more may be among them. */
  private due: StreamPart<WatchedPosition>[] = []

  constructor(dispatcher: PositionRegistry, options: SinkOptions) {
    this.dispatcher = dispatcher
    this.options = options
    this.board = options.board
    this.staleMs = options.staleMs ?? 0
  }

  /**
   * Registers a position, from the ratchet of an earlier process if there is one. It is pending from
   * birth: the caller sees that its monitor catches up. A last tick that is fresh is tested at once.
   */
  open(position: Position, ruleSet: RuleSet, ratchet?: Ratchet): WatchedPosition {
    return this.dispatcher.register(this, { position, ruleSet, ratchet })
  }

  /**
   * Gives `rows` what must be written for the best prices of now, for the last time also for worst prices: see
   * `StoredSeries`.
   */
  takeRatchets(rows: RatchetSink<WatchedPosition>, isLast = false): void {
    const { due, board, dispatcher } = this
    const taking = { board, now: dispatcher.now }
    this.due = []
    for (const part of due) if (part.isDue) takeRows(part, taking, rows)
    if (!isLast) return
    for (const part of this.parts.values())
      if (part.isOwn && part.isBehind) takeRows(part, taking, rows)
  }

  /** The streams that positions of the account compare. */
  streams(): Iterable<WatchedStream> {
    return this.parts.keys()
  }

  /** The streams in which instruments of its positions are priced. */
  *ownStreams(): Iterable<WatchedStream> {
    for (const [stream, part] of this.parts) if (part.isOwn) yield stream
  }

  /** Whether a position of the account compares an instrument. */
  isComparing(instrument: InstrumentId): boolean {
    for (const [, stream] of this.board.streamsOf(instrument))
      if (this.parts.has(stream)) return true
    return false
  }

  hoursOf(instrument: InstrumentId): TradingHours | undefined {
    return this.options.hoursOf?.(instrument)
  }

  /** Gives a position its place on the stream of an instrument. */
  take(watched: WatchedPosition, instrument: InstrumentId, view: PriceView): Leg<WatchedPosition> {
    const stream = this.board.stream(instrument, view)
    stream.positions.add(watched)
    stream.lastOpenedAt = Math.max(stream.lastOpenedAt, watched.position.openedAt)
    const part = this.parts.get(stream) ?? this.begin(stream)
    part.legs++
    return { stream, slot: stream.book.add(watched), part }
  }

  /** One position fewer compares the stream of a part. */
  leave(part: StreamPart<WatchedPosition>): void {
    if (--part.legs > 0) return
    const { stream } = part
    this.parts.delete(stream)
    stream.series.parts.splice(stream.series.parts.indexOf(part), 1)
  }

  /** Has the monitor of a pending position catch up; where that throws, it is decided in place. */
  wake(watched: WatchedPosition): void {
    try {
      this.options.wake(watched)
    } catch (error) {
      this.failed(`the wake of ${watched.position.id}`, error)
      this.standIn(watched)
    }
  }

  /**
   * Decides in the place of a monitor that is down. Every tick passes here, so that an error of one position must not
   * keep the tick from the others. The position stays pending; the actor that evaluates it next crashes by the error.
   */
  standIn(watched: WatchedPosition): void {
    try {
      standIn(this.dispatcher, watched)
    } catch {
      this.foldErrors++
    }
  }

  /** Hands on a decision that no monitor has made. The supervisor repeats it where that throws. */
  exit(watched: WatchedPosition, decision: Decision): void {
    try {
      this.options.exit(watched, decision)
    } catch (error) {
      this.failed(`the exit of ${watched.position.id}`, error)
    }
  }

  /** Counts the decision of a position. */
  decided(watched: WatchedPosition, decision: Decision): void {
    this.decisions++
    this.tally.decided(watched, decision)
    try {
      this.options.decided?.(watched)
    } catch (error) {
      this.failed(`the decision of ${watched.position.id}`, error)
    }
  }

  /** Called by a part whose rows must be written, and were not due before. */
  becameDue(part: StreamPart<WatchedPosition>): void {
    this.due.push(part)
    try {
      this.options.ratcheted?.()
    } catch (error) {
      this.failed(`the best price of ${part.stream.instrument}`, error)
    }
  }

  /** The account's part of a stream that none of its positions compared. */
  private begin(stream: WatchedStream): StreamPart<WatchedPosition> {
    const part = new StreamPart<WatchedPosition>(stream, this)
    this.parts.set(stream, part)
    stream.series.parts.push(part)
    try {
      this.options.compares?.(stream.instrument)
    } catch (error) {
      this.failed(`the first position of ${stream.instrument}`, error)
    }
    return part
  }

  private failed(what: string, error: unknown): void {
    try {
      this.options.failed?.(what, error)
    } catch {
      this.foldErrors++
    }
  }
}
