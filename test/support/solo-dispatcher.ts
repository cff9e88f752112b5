import type { Position } from '../../src/domain/position.ts'
import type { Tick } from '../../src/domain/tick.ts'
import type { AccountSink, SinkOptions } from '../../src/risk/account-sink.ts'
import type { DispatcherOptions } from '../../src/risk/dispatcher-options.ts'
import { Dispatcher } from '../../src/risk/dispatcher.ts'
import { PriceBoard } from '../../src/risk/price-board.ts'
import type { RuleSet } from '../../src/risk/rule.ts'
import type { RatchetSink } from '../../src/risk/stream-part.ts'
import type { WatchedPosition } from '../../src/risk/watched-position.ts'
import type { Ratchet } from '../../src/risk/watched-state.ts'

/** A dispatcher with the positions of one account, where a test does not ask for another. */
export class SoloDispatcher extends Dispatcher {
  readonly board = new PriceBoard()
  readonly sink: AccountSink
  private readonly sinkOptions: Omit<SinkOptions, 'board'>
  /** Itself: where ticks are replayed to. */
  readonly dispatcher: Dispatcher = this

  constructor({
    backlogLimit = 4096,
    segmentLimit = 1024,
    ...sink
  }: DispatcherOptions & Omit<SinkOptions, 'board'>) {
    super({ backlogLimit, segmentLimit })
    this.sinkOptions = sink
    this.sink = this.another()
  }

  /** Another account with the same calls and prices. */
  another(): AccountSink {
    return this.join({ ...this.sinkOptions, board: this.board })
  }

  open(position: Position, ruleSet: RuleSet, ratchet?: Ratchet): WatchedPosition {
    return this.sink.open(position, ruleSet, ratchet)
  }

  override tick(tick: Tick, at: number, board = this.board): void {
    super.tick(tick, at, board)
  }

  takeRatchets(rows: RatchetSink<WatchedPosition>): void {
    this.sink.takeRatchets(rows)
  }
}
