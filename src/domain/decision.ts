import type { InstrumentId, PositionId } from './ids.ts'
import type { PriceSource, Side } from './position.ts'
import type { ExitReason } from './reason.ts'

/** The tick that decided an exit. */
export interface DecidingTick {
  /** Number of the tick in order of arrival, over all instruments, from 1. */
  readonly seq: number
  readonly instrument: InstrumentId
  /** The price that was compared, in the position's price view. */
  readonly price: number
}

/** The decision that a position must be exited, with everything needed to explain it. */
export interface Decision {
  readonly positionId: PositionId
  readonly instrument: InstrumentId
  readonly side: Side
  /** The most important of `matched`. */
  readonly reason: ExitReason
  /** Every reason that held at this moment, most important first. */
  readonly matched: readonly ExitReason[]
  /** Epoch ms: receive time of the deciding tick, or the deadline. */
  readonly at: number
  /** The deciding tick; null when time alone decided. */
  readonly tick: DecidingTick | null
  /** The stop or target of `reason` in force (for `underlying` on the other instrument), or null. */
  readonly level: number | null
  /** Best price of the position so far. */
  readonly best: number
  readonly priceSource: PriceSource
}
