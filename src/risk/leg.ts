import type { Decision } from '../domain/decision.ts'
import type { TradingHours } from '../domain/instrument.ts'
import type { Position } from '../domain/position.ts'
import type { PriceStream } from './price-stream.ts'
import type { RuleTally } from './rule-tally.ts'
import type { RuleSet } from './rule.ts'
import type { PartPosition, StreamPart } from './stream-part.ts'
import type { FirstTick } from './watched-state.ts'

/** A position's place in the book of one stream. */
export interface Leg<Watched extends PartPosition> {
  readonly stream: PriceStream<Watched>
  readonly slot: number
  /** What its account has on the stream. */
  readonly part: StreamPart<Watched>
}

/** The account of a position, as the dispatcher calls it; see `AccountSink`. */
export interface PositionSink<Watched extends PartPosition> {
  readonly tally: RuleTally
  /** Folds that could not even be committed. */
  foldErrors: number
  /** Positions whose monitors have yet to catch up. */
  pending: number
  wake(watched: Watched): void
  /** Decides in the place of a monitor that is down. */
  standIn(watched: Watched): void
  exit(watched: Watched, decision: Decision): void
  decided(watched: Watched, decision: Decision): void
  /** One position fewer compares the stream of a part. */
  leave(part: StreamPart<Watched>): void
}

/** What a watched position is made of. */
export interface Opened {
  readonly position: Position
  readonly ruleSet: RuleSet
}

/** Where a position is when a dispatcher takes it in. */
export interface Entrance<Watched extends PartPosition> {
  readonly own: Leg<Watched>
  readonly other: Leg<Watched> | undefined
  /** Undefined: the market is always open. */
  readonly hours: TradingHours | undefined
  /** Number of the first tick that counts. */
  readonly since: number
  /** Epoch ms. */
  readonly now: number
  /** The price that is there already, to be tested as if it came now. */
  readonly first: FirstTick | undefined
}
